/** The body of a raw message as HTML that fetches and runs nothing. */
import { escapeHtml } from '../compose/escape-html.ts';
import type { MailHtml, Viewed } from '../contract/mail-view.ts';
import { cleanText } from '../read/clean-text.ts';
import { type BodyPart, bodiesAndFiles } from '../read/parse-mime.ts';
import { openMessage } from './open-message.ts';
import { Pictures } from './pictures.ts';
import { htmlLimits, safeHtml, type WrittenHtml } from './safe-html.ts';
import { safeLink } from './safe-link.ts';

/** The HTML of all bodies, plain text where there is none. Call it under a deadline. */
export function viewHtml(raw: Uint8Array): Viewed<MailHtml> {
  const message = openMessage(raw);
  if (!message.ok) return message;
  const { bodies, plainLength, htmlLength } = bodiesAndFiles(message.answer.parts);
  const pictures = new Pictures(message.answer.parts);
  const kept = bodies.reduce(
    (sum, { plain, html, other }) => sum + plain.length + html.length + other.length,
    0,
  );
  const written: string[] = [];
  let room = htmlLimits.characters;
  let cut = kept < plainLength + htmlLength;
  for (const body of bodies) {
    const one = ofBody(body, pictures, room);
    cut ||= one.cut;
    room -= one.characters;
    written.push(one.html);
  }
  const own = bodies.some(({ html }) => html.trim() !== '');
  return { ok: true, answer: { html: written.join('<hr>'), own, picturesLeftOut: pictures.leftOut, cut } };
}

function ofBody({ plain, html, other }: BodyPart, pictures: Pictures, most: number): WrittenHtml {
  if (html.trim() !== '') return safeHtml(html, pictures, most);
  const text = withLinks(cleanText(plain.trim() === '' ? other : plain));
  if (text.length > most) return { html: '', characters: 0, cut: true };
  return { html: `<div class="plain" dir="auto">${text}</div>`, characters: text.length, cut: false };
}

/** Plain text in which addresses of the web can be followed. */
function withLinks(text: string): string {
  let html = '';
  let from = 0;
  for (const { 0: found, index } of text.matchAll(/https?:\/\/[^\s<>"'`]{1,1500}/g)) {
    const bare = found.replace(/[.,;:!?)\]}]+$/, '');
    const href = safeLink(bare);
    if (href === null) continue;
    html += escapeHtml(text.slice(from, index));
    html += `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow">${escapeHtml(bare)}</a>`;
    from = index + bare.length;
  }
  return html + escapeHtml(text.slice(from));
}
