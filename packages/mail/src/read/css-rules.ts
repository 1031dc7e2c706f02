/**
 * The rules of a mail's style sheets that can hide text, and those of `style` attributes. Selectors may name an
 * element, classes, an id and ancestors; what else there is (states, siblings, attributes) matches no mail's hiding.
 */
import type { Attributes } from './html-walk.ts';

/** Values by property, in lower case. */
export type Declarations = ReadonlyMap<string, string>;

interface Declaration {
  property: string;
  value: string;
  important: boolean;
}

interface Rule {
  /** The last compound, which the element must match, then those of its ancestors. */
  compounds: Compound[];
  weight: number;
  declarations: Declaration[];
}

interface Compound {
  tag: string;
  names: string[];
}

/** Properties that decide whether text is seen. */
const deciding =
  /^(?:display|visibility|opacity|font|font-size|color|-webkit-text-fill-color|background|background-color|background-image|width|height|max-width|max-height|line-height|overflow|overflow-[xy]|position|left|right|top|bottom|margin-left|margin-top|margin|text-indent|clip|clip-path|transform|mso-hide|content-visibility|filter|zoom|scale|white-space|border-top|border)$/;

const sheetLimit = 200_000;
const ruleLimit = 2_000;
/** Most rules that are compared with elements, all together. */
const comparisonLimit = 3_000_000;

/** Thrown where style sheets are made to cost more than a mail may. */
export class StylesTooComplex extends Error {}

/** The rules of a document. Throws StylesTooComplex where it has more of them than any mail. */
export class StyleSheet {
  private readonly byKey = new Map<string, Rule[]>();
  /** How many rules it has. */
  rules = 0;
  private comparisons = 0;

  constructor(css: string) {
    if (css.length > sheetLimit) throw new StylesTooComplex('The style sheets are too long.');
    for (const { selectors, body } of ruleSets(withoutComments(css))) {
      const declarations = parseDeclarations(body);
      if (declarations.length === 0) continue;
      for (const selector of selectors.split(',')) this.add(selector, declarations);
    }
  }

  private add(selector: string, declarations: Declaration[]): void {
    const compounds = parseSelector(selector);
    const key = compounds?.[0];
    if (compounds === null || key === undefined) return;
    this.rules += 1;
    if (this.rules > ruleLimit) throw new StylesTooComplex('The style sheets have too many rules.');
    const all = compounds.flatMap(({ names }) => names);
    const ids = all.filter((name) => name.startsWith('#')).length;
    const tags = compounds.filter(({ tag }) => tag !== '').length;
    const weight = ids * 1e10 + (all.length - ids) * 1e7 + tags * 1e4 + this.rules;
    const first = key.names[0] ?? (key.tag === '' ? '*' : key.tag);
    const list = this.byKey.get(first) ?? [];
    list.push({ compounds, weight, declarations });
    this.byKey.set(first, list);
  }

  /**
   * What applies to an element, its `style` attribute included.
   *
   * @param isAbove - whether an ancestor has the tag, the `.class` or the `#id`
   */
  declarations(tag: string, attributes: Attributes, isAbove: (name: string) => boolean): Declarations {
    const found = this.rules === 0 ? [] : this.matching(tag, namesOf(tag, attributes), isAbove);
    const style = attributes.get('style');
    const all = found.flatMap((rule) => rule.declarations);
    if (style !== undefined) all.push(...parseDeclarations(withoutComments(style)));
    if (all.length === 0) return none;
    const applied = new Map<string, string>();
    for (const { property, value, important } of all) if (!important) applied.set(property, value);
    for (const { property, value, important } of all) if (important) applied.set(property, value);
    return applied;
  }

  private matching(tag: string, own: ReadonlySet<string>, isAbove: (name: string) => boolean): Rule[] {
    const candidates = ['*', ...own].flatMap((name) => this.byKey.get(name) ?? []);
    this.comparisons += candidates.length;
    if (this.comparisons > comparisonLimit) throw new StylesTooComplex('The style sheets cost too much.');
    const matching = candidates.filter(({ compounds: [last, ...above] }) => {
      if (last === undefined || (last.tag !== '' && last.tag !== tag)) return false;
      if (!last.names.every((name) => own.has(name))) return false;
      return above.every(
        ({ tag: ancestor, names }) => (ancestor === '' || isAbove(ancestor)) && names.every(isAbove),
      );
    });
    return matching.sort((a, b) => a.weight - b.weight);
  }
}

const none: Declarations = new Map();

/** The tag, each `.class` and the `#id` of an element, in lower case: mails are read without regard to it. */
export function namesOf(tag: string, attributes: Attributes): Set<string> {
  const names = new Set([tag]);
  for (const name of (attributes.get('class') ?? '').toLowerCase().split(/\s+/, 50))
    if (name !== '') names.add(`.${name}`);
  const id = attributes.get('id');
  if (id !== undefined && id !== '') names.add(`#${id.toLowerCase()}`);
  return names;
}

/** Declarations that decide whether text is seen. */
function parseDeclarations(body: string): Declaration[] {
  const text = body.includes('\\') ? unescaped(body) : body;
  return text.split(';').flatMap((part): Declaration[] => {
    const colon = part.indexOf(':');
    const property = part.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!deciding.test(property)) return [];
    const value = part
      .slice(colon + 1)
      .trim()
      .toLowerCase();
    const important = /!\s*important$/.test(value);
    return [
      { property, value: important ? value.slice(0, value.lastIndexOf('!')).trim() : value, important },
    ];
  });
}

function unescaped(css: string): string {
  return css.replace(
    /\\(?:([0-9a-f]{1,6})\s?|([^0-9a-f]))/gi,
    (_, code: string | undefined, other: string) => {
      const point = code === undefined ? 0 : Number.parseInt(code, 16);
      return code === undefined ? other : point <= 0x10ffff ? String.fromCodePoint(point) : '';
    },
  );
}

function withoutComments(css: string): string {
  if (!css.includes('/*')) return css.replace(/<!--|-->/g, ' ');
  const parts: string[] = [];
  let from = 0;
  for (let start = css.indexOf('/*'); start !== -1; start = css.indexOf('/*', from)) {
    parts.push(css.slice(from, start));
    const end = css.indexOf('*/', start + 2);
    from = end === -1 ? css.length : end + 2;
  }
  return [...parts, css.slice(from)].join(' ').replace(/<!--|-->/g, ' ');
}

/** The rules of the sheet and of those at-rules that hold on a wide screen. */
function* ruleSets(css: string): Generator<{ selectors: string; body: string }> {
  /** Whether each open at-rule holds here. */
  const open: boolean[] = [];
  let from = 0;
  while (from < css.length) {
    const end = css.slice(from).search(/[{};]/);
    if (end === -1) return;
    const head = css.slice(from, from + end).trim();
    const mark = css[from + end];
    from += end + 1;
    if (mark === '}') open.pop();
    if (mark !== '{') continue;
    if (/^@(?:media|supports|layer|scope|container|document|-moz-document)/i.test(head)) {
      open.push(holds(head));
      continue;
    }
    const close = css.indexOf('}', from);
    const body = css.slice(from, close === -1 ? css.length : close);
    from = close === -1 ? css.length : close + 1;
    if (!head.startsWith('@') && open.every(Boolean)) yield { selectors: head, body };
  }
}

/** Whether a media query holds on a wide screen of letters dark on white; other at-rules do. */
function holds(head: string): boolean {
  if (!/^@media/i.test(head)) return true;
  if (
    /print|speech|not\b|max-|prefers-|hover|orientation|aspect|resolution|-ratio|forced|\b[0-9]+\s*[<>]/i.test(
      head,
    )
  ) {
    return false;
  }
  return [...head.matchAll(/min-width\s*:\s*(\d{1,6})/gi)].every(([, width]) => Number(width) <= 800);
}

/** The compounds of a selector, the last one first; null where it has what is not looked at. */
function parseSelector(selector: string): Compound[] | null {
  const text = selector.trim().toLowerCase();
  if (text === '' || text.length > 300 || /[:[\]+~"'|&%@]/.test(text)) return null;
  const compounds = text
    .split(/[\s>]+/)
    .filter((part) => part !== '')
    .map((part): Compound => {
      const tag = /^[^.#]*/.exec(part)?.[0] ?? '';
      return { tag: tag === '*' ? '' : tag, names: part.slice(tag.length).match(/[.#][^.#]+/g) ?? [] };
    });
  return compounds.length > 8 ? null : compounds.reverse();
}
