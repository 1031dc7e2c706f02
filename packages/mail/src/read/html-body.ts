/**
 * An HTML body as text. Quotes are recognised by the structure that mail programs give them and moved
 * apart; a forwarded message stays, because it is what the mail is about.
 */
import { type CheerioAPI, load } from 'cheerio/slim';
import { convert } from 'html-to-text';
import { contentIdOfUrl } from './inline-images.ts';
import type { SplitText } from './split-quoted.ts';

/** Most tags that are parsed; a document of more is an attack on memory, and loses its structure. */
const tagLimit = 60_000;

/** From these elements on, everything is the message that is answered (Outlook in its forms). */
const quoteStarts = [
  '#divRplyFwdMsg',
  '#appendonsend',
  '#mail-editor-reference-message-container',
  '#OLK_SRC_BODY_SECTION',
  'div.OutlookMessageHeader',
].join(', ');

/** These elements each hold a quote. */
const quotes = [
  '.gmail_quote',
  '.gmail_quote_container',
  'blockquote',
  '.yahoo_quoted',
  '.ydp-yahoo-quoted',
  '.moz-cite-prefix',
  '.protonmail_quote',
  '.tutanota_quote',
  '.zmail_extra',
].join(', ');

const forwarded =
  /^[\s>*-]*(begin forwarded message|forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht)/i;

/**
 * Text of an HTML body and of the quotes in it. Never throws: what cannot be parsed has its tags cut out.
 *
 * @param images - file names of inline images by Content-ID; the text has them where the images stand
 */
export function htmlToText(html: string, images: ReadonlyMap<string, string> = new Map()): SplitText {
  if (countTags(html) > tagLimit) return { text: withoutTags(html), quoted: '' };
  try {
    const parts = takeQuotes(html, images);
    const text = render(parts.text);
    const quoted = render(parts.quoted);
    return text.trim() === '' ? { text: quoted, quoted: '' } : { text, quoted };
  } catch {
    return { text: withoutTags(html), quoted: '' };
  }
}

function countTags(html: string): number {
  let tags = 0;
  for (let at = html.indexOf('<'); at !== -1; at = html.indexOf('<', at + 1)) tags += 1;
  return tags;
}

function takeQuotes(html: string, images: ReadonlyMap<string, string>): SplitText {
  const $ = load(html);
  $('script, style, head, title, template').remove();
  if (images.size > 0) nameImages($, images);
  const taken: string[] = [];
  const start = $(quoteStarts).first();
  if (start.length > 0) {
    for (let at = start; at.length > 0 && !at.is('body, html'); at = at.parent()) {
      const after = at.nextAll();
      taken.push($.html(after));
      after.remove();
    }
    taken.unshift($.html(start));
    start.remove();
  }
  const whole = $(quotes)
    .toArray()
    .filter((element) => $(element).parents(quotes).length === 0)
    .map((element) => $(element))
    .filter((quote) => !forwarded.test(quote.text().trimStart().slice(0, 200)));
  for (const quote of whole) {
    taken.push($.html(quote));
    quote.remove();
  }
  return { text: $.html(), quoted: taken.join('\n') };
}

/** The elements are changed where they are: to replace one costs a search among its neighbours. */
function nameImages($: CheerioAPI, images: ReadonlyMap<string, string>): void {
  for (const element of $('img').toArray()) {
    const name = images.get(contentIdOfUrl($(element).attr('src') ?? '') ?? '');
    if (name === undefined) continue;
    element.tagName = 'span';
    $(element).text(` [image: ${name}] `);
  }
}

function render(html: string): string {
  if (html.trim() === '') return '';
  return convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
      { selector: 'table', format: 'block' },
    ],
  });
}

/** The last resort for HTML that no parser survives: everything that is not a tag. */
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
