/**
 * A `style` attribute of a stranger, of which only declarations are left that an allow-list names, with values that fetch
 * nothing: no URL, no function but those of colours, no escape.
 */

const properties = new Set(
  [
    'color background-color background font font-family font-size font-style font-weight font-variant line-height',
    'letter-spacing word-spacing text-align text-decoration text-decoration-line text-decoration-color',
    'text-decoration-style text-transform text-indent white-space word-break overflow-wrap word-wrap vertical-align',
    'direction unicode-bidi width height min-width max-width min-height max-height display float clear visibility',
    'opacity overflow box-sizing table-layout border-collapse border-spacing border-radius caption-side empty-cells',
    'list-style list-style-type list-style-position margin margin-top margin-right margin-bottom margin-left padding',
    'padding-top padding-right padding-bottom padding-left border border-color border-style border-width border-top',
    'border-right border-bottom border-left border-top-color border-right-color border-bottom-color border-left-color',
    'border-top-style border-right-style border-bottom-style border-left-style border-top-width border-right-width',
    'border-bottom-width border-left-width',
  ]
    .join(' ')
    .split(' '),
);

/** Characters of the attribute and of one value, and declarations, that are looked at. */
const most = { style: 4_000, value: 300, declarations: 60 };
/** Words, lengths, colours and names in quotes; nothing with a colon, a slash twice, a backslash or an at. */
const plainValue = /^[\w\s#%.,'"()!+-]*(?:\/[\w\s#%.,'"()!+-]*)?$/;
const colorFunctions = new Set(['rgb', 'rgba', 'hsl', 'hsla']);

/** The declarations that may stay; empty for none. */
export function safeStyle(style: string): string {
  const kept: string[] = [];
  for (const declaration of style.slice(0, most.style).split(';').slice(0, most.declarations)) {
    const colon = declaration.indexOf(':');
    if (colon === -1) continue;
    const property = declaration.slice(0, colon).trim().toLowerCase();
    const value = declaration.slice(colon + 1).trim();
    if (properties.has(property) && isSafeValue(value)) kept.push(`${property}:${value}`);
  }
  return kept.join(';');
}

function isSafeValue(value: string): boolean {
  if (value === '' || value.length > most.value || !plainValue.test(value)) return false;
  const functions = value.match(/[\w-]*\(/g) ?? [];
  const isBalanced = [/'/g, /"/g].every((quote) => (value.match(quote)?.length ?? 0) % 2 === 0);
  return isBalanced && functions.every((one) => colorFunctions.has(one.slice(0, -1).toLowerCase()));
}
