/**
 * Parts what the sender newly wrote from what the mail quotes or forwards. No trimmer is reliable, so two rules
 * stand above all others: every line lands in exactly one of the three, and what may be somebody else's does not land
 * under the sender's words. A quote between two answers stays where it is, with its marks, because the answers need it.
 */
import { attributionStart } from './attribution.ts';
import { trimBlankLines } from './clean-text.ts';
import { isForwardMark, isOriginalMark } from './forward-marks.ts';
import { headerField, isHeaderBlock } from './header-fields.ts';
import { isBlank, isQuoted, isRule, type MailLine, plainLines } from './mail-line.ts';

/** The three parts; together they hold every line that was given. */
export interface SplitText {
  /** What the sender newly wrote. */
  text: string;
  /** What stands in the mail from the messages that it answers. */
  quoted: string;
  /** A message of somebody else that the sender hands on, from its first mark to the end of the mail. */
  forwarded: string;
}

/** What the header says of the mail's place in its thread. */
export interface ThreadHints {
  /** It has In-Reply-To, References or a reply prefix. */
  reply: boolean;
  /** Its subject begins with a prefix of forwarded mail. */
  forward: boolean;
  /** The subject without prefixes, in lower case. */
  subject: string;
}

/** Splits plain text, which must be clean (LF only) and capped. */
export function splitQuoted(text: string, thread: ThreadHints): SplitText {
  return splitLines(plainLines(text), thread);
}

/** Splits the lines of a mail. In a first mail nothing is quoted but a mail that has nothing else. */
export function splitLines(lines: readonly MailLine[], thread: ThreadHints): SplitText {
  const rest = findRest(lines, thread);
  const { text, quoted } = splitReply(rest === null ? lines : lines.slice(0, rest.at), thread);
  const below = rest === null ? '' : joined(lines.slice(rest.at));
  const parts = (...all: string[]) => all.filter((part) => part !== '').join('\n\n');
  if (thread.forward || rest?.kind === 'forwarded') {
    return thread.forward
      ? { text, quoted: '', forwarded: parts(quoted, below) }
      : { text, quoted, forwarded: below };
  }
  return { text, quoted: parts(quoted, below), forwarded: '' };
}

function joined(lines: readonly MailLine[]): string {
  return trimBlankLines(lines.map((line) => line.text).join('\n'));
}

interface Rest {
  at: number;
  kind: 'quoted' | 'forwarded';
}

/** Where another message begins that goes to the end of the mail. */
function findRest(lines: readonly MailLine[], thread: ThreadHints): Rest | null {
  const answered = thread.reply && !thread.forward ? 'quoted' : 'forwarded';
  const continues = thread.reply || thread.forward;
  const fields = lines.map(headerField);
  let wasQuoted = false;
  for (const [at, line] of lines.entries()) {
    if (isBlank(line)) continue;
    if (isQuoted(line)) {
      const begins = !wasQuoted && isForwardMark(lines, at) && attributionAbove(lines, at) === null;
      if (begins) return { at: withRule(lines, at), kind: 'forwarded' };
      wasQuoted = true;
      continue;
    }
    wasQuoted = false;
    if (isForwardMark(lines, at)) return { at, kind: 'forwarded' };
    if (isOriginalMark(lines, at)) return { at, kind: answered };
    if (line.mark === 'rest' || isHeaderBlock(lines, fields, at, { subject: thread.subject, continues })) {
      return { at: withRule(lines, at), kind: answered };
    }
    const start = continues && !isQuoteNext(lines, at) ? attributionStart(lines, at, true) : null;
    if (start !== null) return { at: withRule(lines, start), kind: answered };
  }
  return null;
}

/** The rule above a message belongs to it. */
function withRule(lines: readonly MailLine[], at: number): number {
  const above = inkAbove(lines, at);
  const line = above === null ? undefined : lines[above];
  return above !== null && line !== undefined && at - above <= 3 && isRule(line) ? above : at;
}

/** The nearest line above that is not blank, at most five lines away. */
function inkAbove(lines: readonly MailLine[], at: number): number | null {
  for (let above = at - 1; above >= 0 && above >= at - 5; above -= 1) {
    const line = lines[above];
    if (line !== undefined && !isBlank(line)) return above;
  }
  return null;
}

/** Where the attribution begins that stands directly above the quote at `at`; null where none does. */
function attributionAbove(lines: readonly MailLine[], at: number): number | null {
  const last = inkAbove(lines, at);
  return last === null || last < at - 3 ? null : attributionStart(lines, last);
}

function isQuoteNext(lines: readonly MailLine[], at: number): boolean {
  const next = lines.slice(at + 1, at + 5).find((line) => !isBlank(line));
  return next !== undefined && isQuoted(next);
}

interface Run {
  kind: 'new' | 'signature' | 'quoted';
  lines: MailLine[];
}

/** Quotes before the first and after the last new line go apart; of a mail without new lines all does. */
function splitReply(lines: readonly MailLine[], thread: ThreadHints): { text: string; quoted: string } {
  const runs = findRuns(lines);
  const kinds = runs.map((run) => run.kind);
  const wanted = kinds.includes('new') ? 'new' : 'signature';
  const first = kinds.indexOf(wanted);
  if (first === -1) return { text: '', quoted: joined(lines) };
  if (!thread.reply && !thread.forward) return { text: joined(lines.map(shownAsQuote)), quoted: '' };
  let last = kinds.lastIndexOf(wanted);
  if (kinds[last + 1] === 'signature') last += 1;
  const all = (some: Run[]) => some.flatMap((run) => run.lines);
  const between = all(runs.slice(first, last + 1)).map(shownAsQuote);
  const around = [runs.slice(0, first), runs.slice(last + 1)].map((some) => joined(all(some)));
  return { text: joined(between), quoted: around.filter((part) => part !== '').join('\n\n') };
}

/** A quote that only the HTML marks as one gets a mark that is seen among the sender's words. */
function shownAsQuote(line: MailLine): MailLine {
  return line.mark === 'quote' && line.depth === 0 && line.text !== ''
    ? { ...line, text: `> ${line.text}` }
    : line;
}

function findRuns(lines: readonly MailLine[]): Run[] {
  const runs: Run[] = [];
  let at = 0;
  while (at < lines.length) {
    const from = at;
    const quoted = isQuotedAt(lines, at);
    while (at < lines.length && (isQuotedAt(lines, at) === quoted || isEmptyAt(lines, at))) at += 1;
    const run = lines.slice(from, at);
    if (!quoted) {
      runs.push(...withSignature(run));
      continue;
    }
    const start = attributionAbove(lines, from);
    const cited = run.every((line) => line.mark === 'citation' || isBlank(line));
    if (cited && start === null) runs.push({ kind: 'new', lines: run });
    else runs.push({ kind: 'quoted', lines: [...takeLast(runs, start === null ? 0 : from - start), ...run] });
  }
  return runs.filter((run) => run.lines.some((line) => line.text.trim() !== ''));
}

function isQuotedAt(lines: readonly MailLine[], at: number): boolean {
  const line = lines[at];
  return line !== undefined && isQuoted(line);
}

function isEmptyAt(lines: readonly MailLine[], at: number): boolean {
  return lines[at]?.text.trim() === '';
}

/** Takes the last lines off the runs before: those of the attribution. */
function takeLast(runs: Run[], count: number): MailLine[] {
  const taken: MailLine[] = [];
  for (let run = runs.at(-1); taken.length < count && run !== undefined; run = runs.at(-1)) {
    taken.unshift(...run.lines.splice(Math.max(0, run.lines.length - (count - taken.length))));
    if (run.lines.length === 0) runs.pop();
  }
  return taken;
}

/** New lines, and what follows the signature mark of RFC 3676 section 4.3 among them. */
function withSignature(lines: MailLine[]): Run[] {
  const mark = lines.findIndex((line) => /^-- ?$/.test(line.text));
  if (mark === -1) return [{ kind: 'new', lines }];
  return [
    { kind: 'new', lines: lines.slice(0, mark) },
    { kind: 'signature', lines: lines.slice(mark) },
  ];
}
