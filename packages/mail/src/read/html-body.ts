/** An HTML body as the lines that a reader sees; what can't be read within bounds is nobody's words. */
import { cleanText, textLimit } from './clean-text.ts';
import { type HtmlLines, htmlLines } from './html-lines.ts';
import { type MailLine, plainLines } from './mail-line.ts';

/**
 * The lines of an HTML body. Never throws: where it is made to cost too much to tell what of it is seen, and by whom it
 * was written, all its words are given as a quote.
 *
 * @param images - file names of inline images by Content-ID; the text has them where the images stand
 */
export function htmlBody(html: string, images: ReadonlyMap<string, string> = new Map()): HtmlLines {
  try {
    const { lines, ...rest } = htmlLines(html, images, textLimit);
    return { lines: lines.map(cleanLine), ...rest };
  } catch {
    return unreadHtml(html);
  }
}

/** All words of an HTML body as a quote, without looking at what its tags say. */
export function unreadHtml(html: string): HtmlLines {
  const text = cleanText(withoutTags(html).slice(0, textLimit));
  const note = '[The HTML of this mail could not be read: these are its words, whoever wrote them.]';
  const lines = plainLines(text.trim() === '' ? '' : `${note}\n${text}`);
  return { lines: lines.map((line) => ({ ...line, mark: 'quote' })), hidden: false, cut: false };
}

function cleanLine(line: MailLine): MailLine {
  const text = cleanText(line.text).replaceAll('\n', ' ');
  return text === line.text ? line : { ...line, text, bare: cleanText(line.bare).replaceAll('\n', ' ') };
}

/** The last resort for HTML that can't be read: everything that is not a tag. */
export function withoutTags(html: string): string {
  const text: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open === -1) break;
    text.push(html.slice(at, open));
    const close = html.indexOf('>', open);
    if (close === -1) return text.join(' ');
    at = close + 1;
  }
  text.push(html.slice(at));
  return text.join(' ').replace(/[ \t]+/g, ' ');
}
