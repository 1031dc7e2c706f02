/**
 * The author of a mail, by one strict grammar over the raw From field:
 *
 *     from    = [CFWS] (name-addr / addr-spec) [CFWS]
 *     name-addr = [phrase] "<" addr-spec ">"
 *
 * The scan goes from left to right and takes every character once, so nothing is searched for and nothing is skipped.
 * Everything else that RFC 5322 and its obsolete syntax allow (lists, groups, routes, blanks or comments within an
 * address) is refused: programs differ about whom such a field names, and the one that authenticates must see the
 * same person as the one that looks on the allow-list.
 *
 * More than RFC 5322 is taken only where no reader can find another address in it: dots, brackets and bytes outside
 * ASCII in a display name, and a display name that repeats the very address without quotes.
 */
import { type FromField, nameCharacter } from '@tinyfat/core';
import { headerText } from '../mime/encoded-words.ts';
import { countField } from '../mime/header-block.ts';

const ADDRESS = /^[^\s@"<>(),:;\\[\]]+@[^\s@"<>(),:;\\[\]]+$/u;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;
/** Blanks that some programs trim or break at and others take for letters; U+FEFF is one of them in JavaScript. */
const FOREIGN_BLANK = /[\p{Z}\ufeff]/u;

/** The author that a header section names (RFC 5322 section 3.6.2), or why it names none. */
export function readFrom(block: Uint8Array): FromField {
  const fields = countField(block, 'from');
  if (fields === 0) return refuse('from_missing', 'The mail has no From address.');
  if (fields > 1) return refuse('from_several', 'The mail has more than one From field.');
  const body = plainFieldBody(block, 'from');
  if (body === null) return invalid('the field is not written as "From:" at the beginning of a line');
  const from = parseFrom(body.text);
  if (from.ok && !body.isUtf8 && !/^[!-~]+$/.test(from.address)) {
    return invalid('its address has bytes that are not UTF-8');
  }
  return from;
}

interface FieldBody {
  text: string;
  /** Else the text is what windows-1252 makes of the bytes, which is good enough for a display name. */
  isUtf8: boolean;
}

/**
 * The body of the only field of a name where its line begins with that name and a colon, without the line breaks of
 * folds; null where it is written otherwise.
 */
function plainFieldBody(block: Uint8Array, name: string): FieldBody | null {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString('latin1');
  const lines = bytes.split(/\r?\n/);
  const first = lines.findIndex((line) => line.toLowerCase().startsWith(`${name}:`));
  if (first === -1) return null;
  const after = lines.slice(first + 1);
  const end = after.findIndex((line) => !/^[ \t]/.test(line));
  const folded = end === -1 ? after : after.slice(0, end);
  const body = Buffer.from([lines[first]?.slice(name.length + 1) ?? '', ...folded].join(''), 'latin1');
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), isUtf8: true };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(body), isUtf8: false };
  }
}

/** What stood before an address, or is one. */
interface Word {
  kind: 'atom' | 'quoted';
  text: string;
}

/** Reads an unfolded From body. The address is as written: whether it can be used, `canonicalAddress` says. */
export function parseFrom(body: string): FromField {
  const control = CONTROL.exec(body);
  if (control) return invalid(`it has the control character ${nameCharacter(control[0])}`);
  if (body.trim() === '') return refuse('from_missing', 'The mail has no From address.');
  const words: Word[] = [];
  const comments: string[] = [];
  let angle: string | null = null;
  let at = 0;
  while (at < body.length) {
    const character = body[at] ?? '';
    if (character === ' ' || character === '\t') {
      at += 1;
    } else if (character === '(') {
      const comment = readComment(body, at);
      if (comment === null) return invalid('a comment does not end');
      comments.push(comment.text);
      at = comment.end;
    } else if (character === ',') {
      return refuse(
        'from_several',
        'The From field lists more than one address, or has a comma outside of quotes.',
      );
    } else if (angle !== null) {
      return invalid('something stands behind the address in angle brackets');
    } else if (character === '"') {
      const quoted = readQuoted(body, at);
      if (quoted === null) return invalid('a quoted name does not end');
      words.push({ kind: 'quoted', text: quoted.text });
      at = quoted.end;
    } else if (character === '<') {
      const end = body.indexOf('>', at);
      if (end === -1) return invalid('an angle bracket is not closed');
      angle = body.slice(at + 1, end);
      at = end + 1;
    } else if (/[>):;\\]/.test(character)) {
      return invalid(`it has ${character} where none may stand`);
    } else {
      const atom = readAtom(body, at);
      const blank = FOREIGN_BLANK.exec(atom);
      if (blank) return invalid(`it has the blank ${nameCharacter(blank[0])}`);
      words.push({ kind: 'atom', text: atom });
      at += atom.length;
    }
  }
  return angle === null ? bareAddress(words, comments) : namedAddress(words, comments, angle);
}

function bareAddress(words: readonly Word[], comments: readonly string[]): FromField {
  const [word, ...others] = words;
  if (word === undefined) return invalid('it holds no address');
  if (others.length > 0 || word.kind === 'quoted' || !ADDRESS.test(word.text)) {
    return invalid('it is neither one address nor a name with one address in angle brackets');
  }
  return { ok: true, address: word.text, name: displayName(comments) };
}

function namedAddress(words: readonly Word[], comments: readonly string[], address: string): FromField {
  if (!ADDRESS.test(address)) return invalid('what stands in angle brackets is not one address');
  const repeated = words.length === 1 && words[0]?.text === address;
  if (!repeated && words.some(({ kind, text }) => kind === 'atom' && text.includes('@'))) {
    return invalid('an address stands without quotes beside the one in angle brackets');
  }
  const phrase = words.map(({ text }) => text);
  return { ok: true, address, name: displayName(phrase.length > 0 ? phrase : comments) };
}

function displayName(words: readonly string[]): string {
  return headerText(words.join(' '))
    .replace(/[\s\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim();
}

/** A comment with those inside it (RFC 5322 section 3.2.2); null where it does not end. */
function readComment(body: string, start: number): { text: string; end: number } | null {
  let depth = 0;
  let text = '';
  for (let at = start; at < body.length; at += 1) {
    const character = body[at];
    if (character === '\\') {
      at += 1;
      text += body[at] ?? '';
      continue;
    }
    if (character === ')') depth -= 1;
    if (depth === 0 && at > start) return { text, end: at + 1 };
    if (at > start) text += character;
    if (character === '(') depth += 1;
  }
  return null;
}

/** A quoted string without its quotes (RFC 5322 section 3.2.4); null where it does not end. */
function readQuoted(body: string, start: number): { text: string; end: number } | null {
  let text = '';
  for (let at = start + 1; at < body.length; at += 1) {
    const character = body[at];
    if (character === '"') return { text, end: at + 1 };
    if (character === '\\') at += 1;
    text += body[at] ?? '';
  }
  return null;
}

function readAtom(body: string, start: number): string {
  let end = start;
  while (end < body.length && !/[ \t()<>,:;"\\]/.test(body[end] ?? '')) end += 1;
  return body.slice(start, end);
}

function invalid(what: string): FromField {
  return refuse('from_invalid', `The From field can't be used: ${what}.`);
}

function refuse(code: 'from_missing' | 'from_several' | 'from_invalid', reason: string): FromField {
  return { ok: false, code, reason };
}
