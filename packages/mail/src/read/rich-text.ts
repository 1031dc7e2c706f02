/**
 * text/enriched (RFC 1896) and text/richtext (RFC 1341) as plain text: formatting commands go, with what stands in
 * `<param>`; `<<` is a `<`. A line end alone is a blank, several are one fewer; of richtext every one is a blank, and
 * `<nl>` is a line. Linear.
 */
export function richText(text: string): string {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/\n+/g, (ends) => (ends.length === 1 ? ' ' : '\n'.repeat(ends.length - 1)));
  const shown: string[] = [];
  let from = 0;
  let params = 0;
  for (const { 0: tag, index } of lines.matchAll(/<<|<(\/?[a-z0-9-]{1,60})>/gi)) {
    if (params === 0) shown.push(lines.slice(from, index));
    from = index + tag.length;
    const name = tag.slice(1, -1).toLowerCase();
    if (tag === '<<') shown.push(params === 0 ? '<' : '');
    else if (name === 'param') params += 1;
    else if (name === '/param') params = Math.max(0, params - 1);
    else if (/^(?:nl|\/paragraph|np)$/.test(name)) shown.push('\n');
    else if (name === 'lt') shown.push('<');
  }
  if (params === 0) shown.push(lines.slice(from));
  return shown.join('');
}
