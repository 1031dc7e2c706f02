/** Text for a terminal: nothing that steers it, widths as it shows them, lines that fit. */
import widthOf from 'fast-string-truncated-width';

const GRAPHEMES = new Intl.Segmenter();

/** Untrusted text for a terminal: no control or bidirectional characters. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}

/** A time (epoch ms, or ISO 8601) for people: `2026-11-22 18:30`, UTC. `--json` has it to the millisecond. */
export function time(at: number | string | null): string {
  return at === null ? '-' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** The same for `--json`: ISO 8601, UTC. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** Columns that a terminal needs for it. */
export function columnsOf(text: string): number {
  return widthOf(text).width;
}

/** The text, cut to so many columns; what was cut ends in an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (columnsOf(`${cut}${segment}…`) > columns) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Columns of the terminal: `COLUMNS`, else its own; null where the output is no terminal, and nothing is cut. */
export function terminalColumns(): number | null {
  const set = Number(process.env.COLUMNS);
  if (Number.isInteger(set) && set > 0) return set;
  return process.stdout.isTTY ? process.stdout.columns : null;
}

/** The lines of a text between words, each of so many columns at most; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Prints JSON; characters that could steer a terminal are escaped. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, null, 2);
  console.log(
    text.replace(
      /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
