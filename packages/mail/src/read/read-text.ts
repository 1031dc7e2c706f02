/** The text of a message in its three parts: what its sender wrote, what it quotes, what it forwards. */
import type { MailContent } from '../contract/mail.ts';
import { headerText } from '../mime/encoded-words.ts';
import { firstValue } from '../mime/header-fields.ts';
import { cleanText, textLimit } from './clean-text.ts';
import { htmlBody, unreadHtml } from './html-body.ts';
import type { HtmlLines } from './html-lines.ts';
import { isBlank, type MailLine, plainLines } from './mail-line.ts';
import { type BodyPart, decodedLimits, type ParsedMime } from './parse-mime.ts';
import { type SplitText, splitLines, type ThreadHints } from './split-quoted.ts';
import { isStub, mayBeStub } from './stub-text.ts';
import { threadHints } from './thread-hints.ts';

export interface TextOptions {
  /** Don't look into HTML: its words are a quote then. */
  plain: boolean;
  /** File names of the inline images by Content-ID. */
  images: ReadonlyMap<string, string>;
}

type MailText = Pick<MailContent, 'text' | 'quoted' | 'forwarded' | 'hiddenText' | 'firstLineSeen'>;

/** All bodies one after the other, at most 256 Ki characters; what was cut is said at the end. */
export function readText(parsed: ParsedMime, options: TextOptions): MailText {
  const { fields } = parsed;
  const thread = threadHints({
    subject: headerText(firstValue(fields, 'subject') ?? ''),
    inReplyTo: firstValue(fields, 'in-reply-to'),
    references: firstValue(fields, 'references'),
  });
  const bodies = parsed.bodies.map((body) => bodyLines(body, options));
  const { lines, length } = capLines(bodies.flatMap((body) => body.lines));
  const parts = splitLines(lines, thread);
  const whole = Math.max(length, parsed.plainLength > decodedLimits.plain ? parsed.plainLength : 0);
  const cutHtml = bodies.some((body) => body.cut) ? parsed.htmlLength : 0;
  const notes = [
    whole > textLimit
      ? `\n[Cut here: this part of the mail has ${whole} characters, ${textLimit} are shown.]`
      : '',
    cutHtml > 0 ? `\n[Cut here: the HTML of this mail has ${cutHtml} characters.]` : '',
  ];
  return {
    ...withNote(parts, notes.join('')),
    hiddenText: bodies.some((body) => body.hidden),
    firstLineSeen: isFirstLineSeen(parts.text, parsed.bodies, thread, options),
  };
}

/** The sender's own plain text, but where it only stands in for the HTML; then that, then text of other kinds. */
export function bodyLines(body: BodyPart, options: TextOptions): HtmlLines {
  const own = body.plain.trim() !== '' || body.html.trim() === '' ? body.plain : null;
  if (own !== null && (options.plain || !mayBeStub(body))) {
    return linesOfText(own.trim() === '' ? body.other : own);
  }
  const seen = linesOfHtml(body.html, options);
  const isReal = own !== null && !isStub(own, seen.lines.map((line) => line.bare).join('\n'));
  return isReal ? linesOfText(own) : seen;
}

function linesOfText(text: string): HtmlLines {
  return { lines: plainLines(cleanText(text)), hidden: false, cut: false };
}

function linesOfHtml(html: string, { plain, images }: TextOptions): HtmlLines {
  const read = plain ? unreadHtml(html) : htmlBody(html, images);
  return { ...read, cut: read.cut || html.length >= decodedLimits.html };
}

/** Lines of at most the limit together, the last one cut, never inside a character; and how long all were. */
function capLines(lines: readonly MailLine[]): { lines: MailLine[]; length: number } {
  const kept: MailLine[] = [];
  let length = 0;
  for (const line of lines) {
    const room = textLimit - length;
    if (line.text.length <= room) kept.push(line);
    else if (room > 0)
      kept.push({
        ...line,
        text: line.text
          .slice(0, room)
          .toWellFormed()
          .replace(/\ufffd$/, ''),
      });
    length += line.text.length + 1;
  }
  return { lines: kept, length: length - 1 };
}

/** The note stands in the part that came last in the mail. */
function withNote(parts: SplitText, note: string): SplitText {
  if (note === '') return parts;
  const last = (['forwarded', 'quoted', 'text'] as const).find((part) => parts[part] !== '') ?? 'text';
  return { ...parts, [last]: parts[last] + note };
}

/**
 * Whether a reader sees the first line of the new text. Only a line that could be a command is looked at: it must be
 * the first of what the HTML shows as new, where the mail has HTML too.
 */
function isFirstLineSeen(
  text: string,
  bodies: readonly BodyPart[],
  thread: ThreadHints,
  options: TextOptions,
): boolean {
  const first = collapsed(text.split('\n').find((line) => collapsed(line) !== '') ?? '');
  if (!first.startsWith('/')) return true;
  const body = bodies.find(({ plain, html }) => plain.trim() !== '' || html.trim() !== '');
  if (body === undefined || body.plain.trim() === '' || body.html.trim() === '') return true;
  const { lines } = linesOfHtml(body.html, options);
  const seen = splitLines(
    lines.filter((line) => !isBlank(line)),
    thread,
  ).text;
  return collapsed(seen).startsWith(first);
}

function collapsed(text: string): string {
  return text.replace(/[\s\u200b-\u200f\u2060\ufeff]+/g, ' ').trim();
}
