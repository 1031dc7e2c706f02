/** The elements in which mail programs put what a message quotes. */
import type { Attributes } from './html-walk.ts';

/**
 * `quote`: a message that is quoted; `attribution`: who wrote it; `container`: an attribution, then quotes with the
 * sender's answers between them; `citation`: a blockquote of the sender; `rest`: from here to the end of the mail.
 */
export type QuoteElement = 'quote' | 'attribution' | 'container' | 'citation' | 'rest';

/** Outlook in its forms, Thunderbird's and Apple's forwards. */
const restIds = new Set([
  'divrplyfwdmsg',
  'mail-editor-reference-message-container',
  'olk_src_body_section',
  'x_divrplyfwdmsg',
  'ms-outlook-mobile-reference-message',
]);
const restClasses = new Set([
  'outlookmessageheader',
  'moz-forward-container',
  'ms-outlook-mobile-reference-message',
]);
const containers = new Set(['gmail_quote', 'gmail_quote_container', 'protonmail_quote']);
const attributions = new Set(['gmail_attr', 'moz-cite-prefix']);
const quotes = new Set([
  'yahoo_quoted',
  'ydp-yahoo-quoted',
  'tutanota_quote',
  'zmail_extra',
  'ntes-mailmaster-quote',
]);
/** Classes of a blockquote: of the above, of Airmail, of Yahoo on phones. */
const quoteBlocks = new Set([...quotes, ...containers, 'clean_bq', 'iosymail']);

/** What the element says about the text in it; null for nothing. */
export function quoteOf(name: string, attributes: Attributes): QuoteElement | null {
  const id = (attributes.get('id') ?? '').toLowerCase();
  const classes = (attributes.get('class') ?? '').toLowerCase().split(/\s+/, 50);
  const isOf = (list: ReadonlySet<string>) => classes.some((each) => list.has(each));
  if (restIds.has(id) || isOf(restClasses)) return 'rest';
  if (name === 'blockquote') {
    if (isCite(attributes) || isOf(quoteBlocks)) return 'quote';
    return isIndent(attributes) ? null : 'citation';
  }
  if (isOf(containers)) return 'container';
  if (isOf(attributions)) return 'attribution';
  if (isOf(quotes) || id === 'yahoo_quoted' || attributes.get('name') === 'quote') return 'quote';
  return null;
}

/** `type="cite"`, or the Message-ID of what is quoted (RFC 2392). */
function isCite(attributes: Attributes): boolean {
  return attributes.get('type')?.toLowerCase() === 'cite' || /^mid:/i.test(attributes.get('cite') ?? '');
}

/** Gmail, Apple Mail and Outlook indent a paragraph with a blockquote that has no border. */
function isIndent(attributes: Attributes): boolean {
  const style = (attributes.get('style') ?? '').toLowerCase();
  return (
    /border(?:-left|-width)?\s*:\s*(?:none|0|medium none)/.test(style) ||
    /margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px/.test(style)
  );
}
