/**
 * Walks through HTML as a browser nests it, in linear time whatever the HTML: only the tokenizer is a library's
 * (htmlparser2), because trees of hostile HTML are deep. What decides how far a hidden element goes is done as the HTML
 * standard has it: cells bound what an end tag closes, and letters' elements that were left open begin anew.
 */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

export type Attributes = ReadonlyMap<string, string>;

interface HtmlVisitor {
  /** Void elements (`<br>`) too; they have no `close`. */
  open(name: string, attributes: Attributes): void;
  /** The element that was opened last and is not closed. Every opened one is closed. */
  close(name: string): void;
  /** Entities are decoded; `inside` is the element that it stands in, empty for none. */
  text(text: string, inside: string): void;
}

const set = (list: string) => new Set(list.split(' '));
/** Elements without content. */
export const voids: ReadonlySet<string> = set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr',
);
const letters = set('a b big code em font i nobr s small strike strong tt u');
const cells = set('td th caption');
const bounds = set('table td th caption template object marquee applet');
const tableParts = set('td th tr tbody thead tfoot caption');
/** A paragraph that is open ends where one of these begins. */
const endsParagraph = set(
  'address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre section table ul dd dt summary',
);

/** Elements that an end tag of letters or of a span does not close. */
const special = new Set([
  ...endsParagraph,
  ...bounds,
  ...tableParts,
  ...set('body html button option select'),
]);

/** Most elements that begin anew in one document, and behind one end tag. */
const reopenLimit = 10_000;
const reopenAtOnce = 16;
/** Longest names and values of attributes that are kept, characters. */
const attributeLimit = 65_536;

interface Open {
  name: string;
  attributes: Attributes;
  /** Its end tag came while a block within it was open: it ends with that block. */
  ended: boolean;
}

interface Scope {
  /** The element that bounds it; empty for the document. */
  bound: string;
  /** The elements of each name that are open and not ended. */
  open: Map<string, Open[]>;
}

/** Tells `visitor` of everything in the HTML, in order. */
export function walkHtml(html: string, visitor: HtmlVisitor): void {
  const tree = new OpenElements(visitor);
  let name = '';
  let attributes = new Map<string, string>();
  let attribute = '';
  let value = '';
  const callbacks: TokenizerCallbacks = {
    ontext: (start, end) => tree.text(html.slice(start, end)),
    ontextentity: (codepoint) => tree.text(String.fromCodePoint(codepoint)),
    onopentagname(start, end) {
      name = html.slice(start, end).toLowerCase();
      attributes = new Map();
    },
    onattribname(start, end) {
      attribute = html.slice(start, Math.min(end, start + attributeLimit)).toLowerCase();
      value = '';
    },
    onattribdata(start, end) {
      if (value.length < attributeLimit) value += html.slice(start, Math.min(end, start + attributeLimit));
    },
    onattribentity(codepoint) {
      if (value.length < attributeLimit) value += String.fromCodePoint(codepoint);
    },
    onattribend() {
      if (!attributes.has(attribute) && attributes.size < 100) attributes.set(attribute, value);
      value = '';
    },
    onopentagend: () => tree.open(name, attributes),
    onselfclosingtag: () => tree.open(name, attributes),
    onclosetag: (start, end) => tree.close(html.slice(start, end).toLowerCase()),
    oncomment: () => undefined,
    oncdata: () => undefined,
    ondeclaration: () => undefined,
    onprocessinginstruction: () => undefined,
    onend: () => undefined,
  };
  const tokenizer = new Tokenizer({ decodeEntities: true }, callbacks);
  tokenizer.write(html);
  tokenizer.end();
  tree.closeAll();
}

/** The open elements, and within each cell those of each name, so that no search is needed. */
class OpenElements {
  private readonly stack: Open[] = [];
  private readonly scopes: Scope[] = [{ bound: '', open: new Map() }];
  private readonly visitor: HtmlVisitor;
  private reopened = 0;

  constructor(visitor: HtmlVisitor) {
    this.visitor = visitor;
  }

  text(text: string): void {
    this.visitor.text(text, this.stack.at(-1)?.name ?? '');
  }

  open(name: string, attributes: Attributes): void {
    const paragraph = endsParagraph.has(name) ? this.innermost('p') : undefined;
    if (paragraph !== undefined) this.closeWithin(paragraph);
    if (tableParts.has(name)) this.endCellsBefore(name);
    if (name === 'a') this.close('a');
    if ((name === 'li' || name === 'option') && this.stack.at(-1)?.name === name) this.pop();
    if ((name === 'dd' || name === 'dt') && /^d[dt]$/.test(this.stack.at(-1)?.name ?? '')) this.pop();
    if (voids.has(name)) this.visitor.open(name, attributes);
    else this.push(name, attributes);
  }

  close(name: string): void {
    if (name === 'br') this.visitor.open('br', new Map());
    else if (bounds.has(name) || tableParts.has(name)) this.closeTablePart(name);
    else this.closeElement(name);
  }

  private closeElement(name: string): void {
    const element = this.innermost(name);
    if (element === undefined) return;
    if (special.has(name) || !this.isAroundBlock(element)) {
      this.closeWithin(element);
    } else if (letters.has(name)) {
      element.ended = true;
      this.scopes.at(-1)?.open.get(name)?.pop();
    }
  }

  closeAll(): void {
    while (this.stack.length > 0) this.pop();
  }

  private innermost(name: string): Open | undefined {
    return this.scopes.at(-1)?.open.get(name)?.at(-1);
  }

  private isAroundBlock(element: Open): boolean {
    for (let at = this.stack.length - 1; at >= 0 && this.stack[at] !== element; at -= 1) {
      if (special.has(this.stack[at]?.name ?? '')) return true;
    }
    return false;
  }

  private push(name: string, attributes: Attributes): void {
    const element = { name, attributes, ended: false };
    this.stack.push(element);
    const open = this.scopes.at(-1)?.open;
    const same = open?.get(name);
    if (same === undefined) open?.set(name, [element]);
    else same.push(element);
    if (bounds.has(name)) this.scopes.push({ bound: name, open: new Map() });
    this.visitor.open(name, attributes);
  }

  private pop(): Open | undefined {
    const element = this.stack.pop();
    if (element === undefined) return undefined;
    if (bounds.has(element.name)) this.scopes.pop();
    if (!element.ended) this.scopes.at(-1)?.open.get(element.name)?.pop();
    this.visitor.close(element.name);
    return element;
  }

  /** Closes the element and all within it; letters' elements that were left open begin anew behind it. */
  private closeWithin(element: Open): void {
    const again: Open[] = [];
    for (let inner = this.pop(); inner !== undefined && inner !== element; inner = this.pop()) {
      if (letters.has(inner.name) && !inner.ended && again.length < reopenAtOnce) again.push(inner);
    }
    while (this.stack.at(-1)?.ended) this.pop();
    for (const { name, attributes } of again.reverse()) {
      if (this.reopened >= reopenLimit) return;
      this.reopened += 1;
      this.push(name, attributes);
    }
  }

  /** A cell ends where another cell or row of its table begins, a row where another row does. */
  private endCellsBefore(name: string): void {
    if (cells.has(this.scopes.at(-1)?.bound ?? '')) this.popBound();
    if (cells.has(name)) return;
    for (const part of name === 'tr' ? ['tr'] : ['tr', 'tbody', 'thead', 'tfoot']) {
      const open = this.innermost(part);
      if (open !== undefined) this.closeWithin(open);
    }
  }

  private closeTablePart(name: string): void {
    const [outer, scope] = this.scopes.slice(-2);
    const inCell = cells.has(scope?.bound ?? '');
    if (inCell && (name === 'table' ? outer?.bound === 'table' : outer?.open.get(name)?.length))
      this.popBound();
    const element = this.innermost(name);
    if (this.scopes.at(-1)?.bound === name) this.popBound();
    else if (element !== undefined && !bounds.has(name)) this.closeWithin(element);
  }

  private popBound(): void {
    const bound = this.scopes.at(-1)?.bound ?? '';
    for (let inner = this.pop(); inner !== undefined && inner.name !== bound; ) inner = this.pop();
    while (this.stack.at(-1)?.ended) this.pop();
  }
}
