/**
 * Parts what is new in a reply from what it quotes. email-reply-parser only says where the parts are; the
 * lines are taken from the original text, so nothing can be lost or changed by it. No trimmer is reliable:
 * both halves are always kept, signatures stay with the text, and a quote between two answers stays where
 * it is because the answers need it.
 */
import EmailReplyParser from 'email-reply-parser';
import { trimBlankLines } from './clean-text.ts';

/** New text and the quoted rest; together they hold every line that was given. */
export interface SplitText {
  text: string;
  quoted: string;
}

type LineKind = 'new' | 'signature' | 'quoted';
interface Run {
  kind: LineKind;
  lines: string[];
}

/** Longest line shown to the parser, and most blank lines in a row: it is quadratic in both. */
const lineLimit = 2048;
const blankLimit = 3;

/** `text` must be clean (LF only) and capped. */
export function splitQuoted(text: string): SplitText {
  const runs = classify(text.split('\n'));
  const kinds = runs.map((run) => run.kind);
  const wanted = kinds.includes('new') ? 'new' : 'signature';
  const first = kinds.indexOf(wanted);
  if (first === -1) return { text: trimBlankLines(text), quoted: '' };
  let last = kinds.lastIndexOf(wanted);
  while (kinds[last + 1] === 'signature') last += 1;
  const quoted = [runs.slice(0, first), runs.slice(last + 1)].map(joined).filter((part) => part !== '');
  return { text: joined(runs.slice(first, last + 1)), quoted: quoted.join('\n\n') };
}

function joined(runs: Run[]): string {
  return trimBlankLines(runs.flatMap((run) => run.lines).join('\n'));
}

/** Lays the parser's fragments over the lines by counting the characters that are not white space. */
function classify(lines: string[]): Run[] {
  const everything: Run[] = [{ kind: 'new', lines }];
  const shown = lines.map((line) => line.slice(0, lineLimit).toWellFormed());
  const runs: Run[] = [];
  let next = 0;
  for (const fragment of new EmailReplyParser().read(withoutBlankRuns(shown).join('\n')).getFragments()) {
    let missing = inkOf(fragment.getContent());
    const from = next;
    while (missing > 0 && next < lines.length) {
      missing -= inkOf(shown[next] ?? '');
      next += 1;
    }
    if (missing !== 0) return everything;
    const taken = lines.slice(from, next);
    if (taken.length === 0) continue;
    runs.push({ kind: kindOf(taken, fragment.isQuoted(), fragment.isSignature()), lines: taken });
  }
  const rest = lines.slice(next);
  if (rest.some((line) => line.trim() !== '')) return everything;
  return runs;
}

/** Blank lines hold no ink, so the fragments can be laid over the lines all the same. */
function withoutBlankRuns(lines: string[]): string[] {
  let blank = 0;
  return lines.filter((line) => {
    blank = line.trim() === '' ? blank + 1 : 0;
    return blank <= blankLimit;
  });
}

function kindOf(lines: string[], isQuoted: boolean, isSignature: boolean): LineKind {
  if (isQuoted) return 'quoted';
  if (!isSignature) return 'new';
  return hasReplyHeader(lines) ? 'quoted' : 'signature';
}

/** Outlook's header block under a line of underscores, which the parser takes for a signature. */
function hasReplyHeader(lines: string[]): boolean {
  const head = lines.filter((line) => line.trim() !== '').slice(0, 6);
  const field =
    /^\s*\*?(from|sent|date|to|subject|von|gesendet|datum|an|betreff|de|envoyé|à|objet|enviado|para|asunto|da|inviato|a|oggetto|van|verzonden|aan|onderwerp)\s?\*?\s?:/i;
  return head.filter((line) => field.test(line)).length >= 2;
}

function inkOf(text: string): number {
  return text.replace(/\s+/g, '').length;
}
