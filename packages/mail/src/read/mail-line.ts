/** The lines of a mail's text as the rules that part new words from quotes see them. */

/**
 * How the HTML marks a line: `quote`: text that a mail program quotes; `citation`: a blockquote that no mail program
 * makes in a reply; `rest`: from here on there is only the message that is answered or forwarded.
 */
export type LineMark = 'quote' | 'citation' | 'rest';

export interface MailLine {
  /** As the agent sees it, quote marks included. */
  text: string;
  /** Without quote marks, and at most 2,048 characters: what the rules look at. */
  bare: string;
  /** How many quote marks it has. */
  depth: number;
  mark?: LineMark;
  /** It begins in bold, or stands directly beneath a rule that the HTML draws. */
  raised?: boolean;
}

/** Longest part of a line that rules look at. */
export const lineLimit = 2048;

/** Lines of plain text: each `>` at the beginning, with or without a blank behind it, is one quote mark. */
export function plainLines(text: string): MailLine[] {
  return text.split('\n').map(plainLine);
}

function plainLine(text: string): MailLine {
  let depth = 0;
  let at = 0;
  while (at < lineLimit && text[at] === '>') {
    depth += 1;
    at += text[at + 1] === ' ' && text[at + 2] === '>' ? 2 : 1;
  }
  return { text, bare: text.slice(at, at + lineLimit), depth };
}

/** Whether a mail program quotes the line. */
export function isQuoted(line: MailLine): boolean {
  return line.depth > 0 || line.mark === 'quote';
}

export function isBlank(line: MailLine): boolean {
  return line.bare.trim() === '' && line.text.length <= lineLimit;
}

/** A line of nothing but dashes, underscores, stars or equals signs, at least three; or of words between such. */
export function isRule(line: MailLine): boolean {
  return (
    line.bare.length <= 200 && /^\s*[-_=*─—–]{3,}(?:\s?[^-_=*─—–].{0,80}[-_=*─—–]{3,})?\s*$/.test(line.bare)
  );
}

/** Invisible marks and blanks at both ends gone, full-width letters folded, lower case. */
export function folded(text: string): string {
  return text
    .slice(0, lineLimit)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();
}

/** Whether it holds something like `name@domain`. */
export function hasAddress(text: string): boolean {
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    if (/[^\s<>(["',;:]/.test(text[at - 1] ?? ' ') && /[\p{L}\p{N}[]/u.test(text[at + 1] ?? ' ')) return true;
  }
  return false;
}

/** Whether it holds a year or a time of day. */
export function hasDate(text: string): boolean {
  return /(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[:.h時点]\d{2}(?!\d)|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}/.test(
    text,
  );
}
