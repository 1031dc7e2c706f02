/**
 * The HTML part of a letter: a card on paper with a stamp, as the pages have it. Every style is inline, because mail
 * programs drop style sheets; the one there is turns the colours for those that follow the reader's dark scheme. Nothing
 * is fetched when it is opened.
 */
import type { Letter, LetterBlock, LetterText } from '../contract/mail.ts';
import { DARK, FONTS, LIGHT } from './colors.ts';
import { escapeHtml } from './escape-html.ts';

/** A class for each colour that turns; `!important` outdoes the inline style. */
const DARK_STYLE = [
  rule('paper', { 'background-color': DARK.paper }),
  rule('card', { 'background-color': DARK.card, 'border-color': DARK.line }),
  rule('ink', { color: DARK.ink }),
  rule('muted', { color: DARK.muted }),
  rule('wash', { 'background-color': DARK.quietWash, color: DARK.ink }),
  rule('line', { 'border-color': DARK.line }),
  rule('edge', { 'border-color': DARK.card }),
  rule('button', { 'background-color': DARK.action, color: DARK.onAction }),
].join('\n');

/** Characters of a name. */
const LONGEST_ASIDE = 16;
const TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"';

/** A whole document; whatever the letter says is text in it. */
export function letterHtml(letter: Letter, footer: string | null): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(letter.heading)}</title>
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
${DARK_STYLE}
}
</style>
</head>
<body class="tf-paper" style="margin:0;padding:0;background-color:${LIGHT.paper}">
<div class="tf-paper" style="padding:24px 12px;background-color:${LIGHT.paper};font-family:${FONTS.text};font-size:16px;line-height:1.55">
<table ${TABLE} width="100%" class="tf-card" style="max-width:560px;margin:0 auto;background-color:${LIGHT.card};border:1px solid ${LIGHT.line};border-radius:6px;border-collapse:separate">
<tr><td style="padding:20px 24px ${footer === null ? 8 : 24}px">
${letterhead()}
<h1 class="tf-ink" dir="auto" style="margin:20px 0 12px;font-size:22px;line-height:1.25;font-weight:700;letter-spacing:-0.015em;color:${LIGHT.ink};overflow-wrap:anywhere">${escapeHtml(letter.heading)}</h1>
${letter.blocks.map(block).join('\n')}
${footer === null ? '' : foot(footer)}</td></tr>
</table>
</div>
</body>
</html>
`;
}

/** The name as the pages draw it, and a stamp: paper with holes along its edge, a frame, and a letter. */
function letterhead(): string {
  const stamp = `<table ${TABLE} class="tf-edge" bgcolor="${LIGHT.stamp}" style="background-color:${LIGHT.stamp};border:3px dotted ${LIGHT.card};border-collapse:separate"><tr><td style="padding:4px"><div style="width:22px;padding:5px 0;border:1px solid ${LIGHT.stampInk};text-align:center;font-size:18px;line-height:24px;font-weight:700;color:${LIGHT.stampInk}">t</div></td></tr></table>`;
  return `<table ${TABLE} width="100%"><tr>
<td class="tf-ink" valign="middle" style="font-size:22px;line-height:1;letter-spacing:-0.03em;color:${LIGHT.ink}"><span style="font-weight:300">tiny</span><span style="font-weight:800">fat</span></td>
<td width="44" align="right" valign="top" aria-hidden="true">${stamp}</td>
</tr></table>`;
}

function foot(footer: string): string {
  return `<p class="tf-muted tf-line" style="margin:24px 0 0;padding:12px 0 0;border-top:1px solid ${LIGHT.line};font-size:13px;line-height:1.45;color:${LIGHT.muted};overflow-wrap:anywhere">${escapeHtml(footer)}</p>
`;
}

function block(part: LetterBlock): string {
  switch (part.kind) {
    case 'text':
      return paragraph(part.text, part.quiet === true);
    case 'heading':
      return `<h2 class="tf-ink" dir="auto" style="margin:24px 0 8px;font-size:16px;line-height:1.3;font-weight:700;color:${LIGHT.ink}">${escapeHtml(part.text)}</h2>`;
    case 'rows':
      return rows(part.rows);
    case 'link':
      return `<p style="margin:20px 0"><a class="tf-button" href="${escapeHtml(part.href)}" style="display:inline-block;padding:12px 24px;border-radius:6px;background-color:${LIGHT.action};color:${LIGHT.onAction};font-weight:600;line-height:1.35;text-decoration:none">${escapeHtml(part.label)}</a></p>`;
    case 'code':
      return `<p class="tf-wash" dir="ltr" style="margin:0 0 16px;padding:14px 16px;border-radius:6px;background-color:${LIGHT.quietWash};color:${LIGHT.ink};font-family:${FONTS.mono};font-size:28px;line-height:1.2;letter-spacing:0.2em;text-align:center;overflow-wrap:anywhere;-webkit-user-select:all;user-select:all">${escapeHtml(part.code)}</p>`;
  }
}

function paragraph(text: readonly LetterText[], quiet: boolean): string {
  const [name, color, size] = quiet ? ['tf-muted', LIGHT.muted, '14px'] : ['tf-ink', LIGHT.ink, '16px'];
  return `<p class="${name}" dir="auto" style="margin:0 0 16px;font-size:${size};color:${color};overflow-wrap:anywhere">${inline(text)}</p>`;
}

/** Side by side where the names are short, else one under the other: a phone has no room for two columns then. */
function rows(list: Extract<LetterBlock, { kind: 'rows' }>['rows']): string {
  const cell = 'padding:8px 0;vertical-align:top;font-size:15px;line-height:1.45';
  const line = `border-top:1px solid ${LIGHT.line}`;
  const aside = list.every(({ label }) => oneName(label).length <= LONGEST_ASIDE);
  const lines = list.map(({ label, text }) =>
    aside
      ? `<tr>
<td class="tf-line tf-muted" dir="auto" style="${cell};padding-right:16px;white-space:nowrap;${line};color:${LIGHT.muted}">${inline([label])}</td>
<td class="tf-line tf-ink" width="99%" dir="auto" style="${cell};${line};color:${LIGHT.ink};overflow-wrap:anywhere">${inline(text)}</td>
</tr>`
      : `<tr><td class="tf-line tf-ink" style="${cell};${line};color:${LIGHT.ink};overflow-wrap:anywhere">
<div class="tf-ink" dir="auto" style="font-weight:600;color:${LIGHT.ink}">${inline([label])}</div>
<div class="tf-muted" dir="auto" style="color:${LIGHT.muted}">${inline(text)}</div>
</td></tr>`,
  );
  return `<table ${TABLE} width="100%" style="margin:0 0 16px">\n${lines.join('\n')}\n</table>`;
}

function oneName(label: LetterText): string {
  return typeof label === 'string' ? label : label.code;
}

function inline(text: readonly LetterText[]): string {
  return text.map((piece) => (typeof piece === 'string' ? escapeHtml(piece) : code(piece.code))).join('');
}

/** Never a ground of its own within a line: it breaks badly. What is typed runs from left to right. */
function code(text: string): string {
  return `<code class="tf-ink" dir="ltr" style="font-family:${FONTS.mono};font-size:0.92em;color:${LIGHT.ink}">${escapeHtml(text)}</code>`;
}

function rule(name: string, properties: Record<string, string>): string {
  const declarations = Object.entries(properties).map(
    ([property, value]) => `${property}: ${value} !important;`,
  );
  return `.tf-${name} { ${declarations.join(' ')} }`;
}
