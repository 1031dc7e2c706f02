/**
 * The text part of a letter: no marks, paragraphs as one long line each (mail programs break them to their width), and
 * what is to be copied on a line of its own.
 */
import type { Letter, LetterBlock, LetterText } from '../contract/mail.ts';

/** The heading, the blocks with a blank line between them, and the footer below a signature line (RFC 3676, 4.3). */
export function letterText(letter: Letter, footer: string | null): string {
  const parts = [oneLine(letter.heading), ...letter.blocks.map(block)];
  const end = footer === null ? '' : `\n\n-- \n${oneLine(footer)}`;
  return `${parts.join('\n\n')}${end}\n`;
}

function block(part: LetterBlock): string {
  switch (part.kind) {
    case 'text':
      return inline(part.text);
    case 'heading':
      return oneLine(part.text);
    case 'rows':
      return part.rows.map(({ label, text }) => row(label, inline(text))).join('\n');
    case 'link':
      return `${oneLine(part.label)}:\n${oneLine(part.href)}`;
    case 'code':
      return oneLine(part.code);
  }
}

/** A name is told with a colon; what is typed would seem to have one of its own. */
function row(label: LetterText, text: string): string {
  return typeof label === 'string' ? `${oneLine(label)}: ${text}` : `${oneLine(label.code)} – ${text}`;
}

function inline(text: readonly LetterText[]): string {
  return oneLine(text.map((piece) => (typeof piece === 'string' ? piece : piece.code)).join(''));
}

/** Nothing in a letter begins a line of its own accord. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
