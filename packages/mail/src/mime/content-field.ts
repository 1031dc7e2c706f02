/**
 * Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183) as mail programs write them: with semicolons left
 * out, blanks without quotes, comments, and parameters in the ways of RFC 2231 and of RFC 2047. Linear; never throws.
 */
import { bytesOfText, byteText } from './byte-text.ts';
import { decodeText } from './charset.ts';
import { headerText } from './encoded-words.ts';

export interface ContentField {
  /** What stands first, in lower case and as it is: `text/plain`, `attachment`, or no type at all. */
  value: string;
  /** Decoded, by name in lower case; of one that is doubled the first. */
  params: ReadonlyMap<string, string>;
}

/** One section of a parameter: `filename*1*` is number 1, percent-encoded. */
interface Section {
  number: number;
  isEncoded: boolean;
  text: string;
}

/** @param field - the unfolded value as byte text */
export function contentField(field: string): ContentField {
  const [first = '', ...rest] = segments(withoutComments(field));
  // Behind a type without a semicolon, parameters are told from each other by what looks like the next one.
  const [start = '', ...behind] = first.split(/[\s,](?=[\w*-]+\s*=)/);
  const value = start.includes('=') ? '' : start;
  const params = new Map<string, string>();
  const sections = new Map<string, Section[]>();
  for (const segment of [...(value === '' ? [start] : []), ...behind, ...rest]) {
    const equals = segment.indexOf('=');
    if (equals === -1) continue;
    const key = segment.slice(0, equals).trim().toLowerCase();
    const text = unquoted(segment.slice(equals + 1));
    const [, name, number, star] = /^([^*]+)\*(?:(\d{1,4})(\*?))?$/.exec(key) ?? [];
    if (name === undefined) {
      if (!params.has(key)) params.set(key, headerText(text));
      continue;
    }
    const all = sections.get(name) ?? [];
    all.push({ number: Number(number ?? 0), isEncoded: number === undefined || star === '*', text });
    sections.set(name, all);
  }
  for (const [name, all] of sections) params.set(name, joined(all));
  return {
    value: value
      .trim()
      .toLowerCase()
      .replace(/^"|[",:]+$/g, ''),
    params,
  };
}

/** The parts between semicolons that stand in no quoted string. */
function segments(field: string): string[] {
  const found: string[] = [];
  let from = 0;
  let inQuotes = false;
  for (let at = 0; at < field.length; at += 1) {
    const character = field[at];
    if (inQuotes && character === '\\') at += 1;
    else if (character === '"') inQuotes = !inQuotes;
    else if (character === ';' && !inQuotes) {
      found.push(field.slice(from, at));
      from = at + 1;
    }
  }
  found.push(field.slice(from));
  return found;
}

/**
 * Comments (RFC 5322 section 3.2.2) begin after white space: the parentheses of `filename=Invoice(1).pdf` are its own. One
 * without an end is none.
 */
function withoutComments(field: string): string {
  if (!field.includes('(')) return field;
  const outside: string[] = [];
  let from = 0;
  let depth = 0;
  let inQuotes = false;
  for (let at = 0; at < field.length; at += 1) {
    const character = field[at];
    if (character === '\\' && (inQuotes || depth > 0)) at += 1;
    else if (character === '"' && depth === 0) inQuotes = !inQuotes;
    else if (character === '(' && !inQuotes && (depth > 0 || /^[\s;]?$/.test(field[at - 1] ?? ''))) {
      if (depth === 0) {
        outside.push(field.slice(from, at));
        from = at;
      }
      depth += 1;
    } else if (character === ')' && depth > 0) {
      depth -= 1;
      if (depth === 0) from = at + 1;
    }
  }
  outside.push(field.slice(from));
  return outside.join(' ');
}

/** A quoted string without its quotes, and without what follows it; anything else without the blanks around it. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('"')) return trimmed;
  let inside = '';
  for (let at = 1; at < trimmed.length && trimmed[at] !== '"'; at += 1) {
    if (trimmed[at] === '\\') at += 1;
    inside += trimmed[at] ?? '';
  }
  return inside;
}

/** Sections in their order. Percent-encoded ones are bytes of the charset that the first one names. */
function joined(all: Section[]): string {
  const sections = all.toSorted((one, other) => one.number - other.number);
  const [first] = sections;
  const [, charset, start] = (first?.isEncoded && /^([^']{0,60})'[^']*'(.*)$/s.exec(first.text)) || [];
  if (first !== undefined && start !== undefined) first.text = start;
  const text = sections
    .map(({ isEncoded, text: part }) => (isEncoded ? percentDecoded(part) : part))
    .join('');
  return charset === undefined || text.includes('=?')
    ? headerText(text)
    : decodeText(bytesOfText(text), charset);
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    byteText(Uint8Array.of(Number.parseInt(hex, 16))),
  );
}
