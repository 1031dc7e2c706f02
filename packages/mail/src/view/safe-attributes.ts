/** The attributes of a stranger's element that may stay: how it looks, what it says, and the cells that it spans. */
import { escapeHtml } from '../compose/escape-html.ts';
import type { Attributes } from '../read/html-walk.ts';
import { safeStyle } from './safe-style.ts';

const size = /^\d{1,4}(?:\.\d{1,3})?(?:px|%)?$/;
const word = /^[a-z-]{1,20}$/i;
const color = /^#?[a-z0-9]{1,30}$/i;

/** What a value must be, by the name of the attribute. */
const values = new Map<string, RegExp>([
  ['align', word],
  ['valign', word],
  ['dir', /^(?:ltr|rtl|auto)$/i],
  ['lang', /^[a-z0-9-]{1,35}$/i],
  ['width', size],
  ['height', size],
  ['border', /^\d{1,2}$/],
  ['cellpadding', /^\d{1,3}$/],
  ['cellspacing', /^\d{1,3}$/],
  ['nowrap', /^(?:nowrap)?$/i],
  // A table of some thousand cells that span thousands each would hold up a browser.
  ['colspan', /^[1-9]\d?$/],
  ['rowspan', /^[1-9]\d?$/],
  ['start', /^-?\d{1,9}$/],
  ['type', /^(?:[1aAiI]|disc|circle|square)$/],
  ['bgcolor', color],
  ['color', color],
  ['face', /^[\w ,'"-]{1,200}$/],
  ['size', /^[+-]?\d{1,2}$/],
]);

/** As they are written into a tag, each with a blank before it. */
export function safeAttributes(attributes: Attributes): string {
  let written = '';
  for (const [name, value] of attributes) {
    const kept =
      name === 'style' ? safeStyle(value) : values.get(name)?.test(value.trim()) ? value.trim() : '';
    if (kept !== '') written += ` ${name}="${escapeHtml(kept)}"`;
  }
  return written;
}
