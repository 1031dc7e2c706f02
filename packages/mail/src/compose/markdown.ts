/**
 * Markdown (GFM) as HTML for mail: an allow-list of tags, every style inline, because mail programs drop
 * style sheets. Colours are left to the reader's light or dark theme; lines and fills are half-transparent
 * greys that work on both.
 */
import { Marked } from 'marked';
import sanitizeHtml from 'sanitize-html';
import { FONTS } from './colors.ts';
import { escapeHtml } from './escape-html.ts';

const line = 'rgba(127,127,127,0.4)';
const fill = 'rgba(127,127,127,0.14)';
const mono = `font-family:${FONTS.mono}`;

const styles: Record<string, string> = {
  p: 'margin:0 0 12px',
  h1: 'font-size:20px;line-height:1.3;margin:18px 0 8px',
  h2: 'font-size:18px;line-height:1.3;margin:16px 0 8px',
  h3: 'font-size:16px;line-height:1.3;margin:14px 0 6px',
  h4: 'font-size:15px;line-height:1.3;margin:12px 0 6px',
  h5: 'font-size:14px;line-height:1.3;margin:12px 0 6px',
  h6: 'font-size:14px;line-height:1.3;margin:12px 0 6px',
  // Room for the bullets on both sides: each item has the direction of its own text.
  ul: 'margin:0 0 12px;padding:0 24px',
  ol: 'margin:0 0 12px;padding:0 24px',
  li: 'margin:0 0 4px',
  blockquote: `margin:0 0 12px;padding:0 0 0 12px;border-left:3px solid ${line}`,
  pre: `margin:0 0 12px;padding:10px 12px;background-color:${fill};border-radius:6px;white-space:pre-wrap;word-break:break-word;font-size:13px;line-height:1.45;${mono}`,
  code: `font-size:13px;${mono}`,
  hr: `border:0;border-top:1px solid ${line};margin:16px 0`,
  table: 'border-collapse:collapse;margin:0 0 12px',
  th: `border:1px solid ${line};padding:4px 10px;background-color:${fill}`,
  td: `border:1px solid ${line};padding:4px 10px;vertical-align:top`,
};

/** Blocks of text, in Hebrew, Arabic or any other script: each runs as its first letter does (HTML standard, dir). */
const written = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'li', 'blockquote', 'th', 'td']);
/** Code runs from left to right, whatever stands around it. */
const code = new Set(['pre', 'code']);

const unstyled = ['br', 'strong', 'em', 'b', 'i', 'del', 's', 'sub', 'sup', 'thead', 'tbody', 'tr'];

const marked = new Marked({
  gfm: true,
  breaks: true,
  async: false,
  renderer: {
    /** Nothing is fetched when a mail is opened: an image becomes a link to it. */
    image: ({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text === '' ? href : text)}</a>`,
    /** Tags that are not on the list are shown as the text that they are. */
    html: ({ text, block }) => {
      if (hasOnlyKnownTags(text)) return text;
      return block === true ? `<p>${escapeHtml(text).replaceAll('\n', '<br>')}</p>` : escapeHtml(text);
    },
    /** Task list boxes as text: mail programs show no form fields. */
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

/** HTML of a body, safe to show. May throw or take long on hostile input: call it under a deadline. */
export function markdownToHtml(markdown: string): string {
  const html = marked.parse(markdown);
  if (typeof html !== 'string') throw new Error('marked was asked to be synchronous');
  return sanitizeHtml(html, {
    allowedTags: [...Object.keys(styles), ...unstyled, 'a'],
    allowedAttributes: { '*': ['style', 'align', 'dir'], a: ['href', 'style'], ol: ['start', 'style'] },
    allowedSchemes: ['https', 'http', 'mailto'],
    allowProtocolRelative: false,
    disallowedTagsMode: 'escape',
    transformTags: { '*': withInlineStyle },
  });
}

function hasOnlyKnownTags(html: string): boolean {
  const tags = html.match(/<[^>]*>?/g) ?? [];
  return tags.every((tag) => {
    const name = /^<\/?([a-z0-9]+)(?:\s[^<>]*)?\/?>$/i.exec(tag)?.[1]?.toLowerCase() ?? '';
    return name === 'a' || Object.hasOwn(styles, name) || unstyled.includes(name);
  });
}

/** Replaces whatever attributes a tag came with by our style and the few that carry meaning. */
function withInlineStyle(tagName: string, attribs: Record<string, string>): sanitizeHtml.Tag {
  const allowed: Record<string, string> = {};
  const style = styles[tagName];
  if (style !== undefined) allowed.style = style;
  if (tagName === 'a' && attribs.href !== undefined) allowed.href = attribs.href;
  if (tagName === 'ol' && /^\d{1,9}$/.test(attribs.start ?? '')) allowed.start = attribs.start ?? '';
  if ((tagName === 'td' || tagName === 'th') && /^(left|right|center)$/.test(attribs.align ?? '')) {
    allowed.align = attribs.align ?? '';
  }
  if (written.has(tagName)) allowed.dir = 'auto';
  if (code.has(tagName)) allowed.dir = 'ltr';
  return { tagName, attribs: allowed };
}
