/** Where a link of a stranger may lead. */

const longest = 2_000;
const schemes = new Set(['http:', 'https:', 'mailto:']);

/** The address as a browser would read it, where it is of the web or of mail; null for any other. */
export function safeLink(href: string): string | null {
  if (href.length > longest) return null;
  const url = URL.parse(href.trim());
  if (url === null || !schemes.has(url.protocol) || url.href.length > longest) return null;
  return url.href;
}
