/** Images that stand in the HTML of a message (RFC 2392, RFC 2387): which ones there are. */

/** Characters; a longer Content-ID is not one. */
export const longestContentId = 300;

/** The Content-ID that a `cid:` URL stands for (RFC 2392); null for any other URL. */
export function contentIdOfUrl(url: string): string | null {
  const encoded = /^\s*cid:(.+)$/i.exec(url)?.[1]?.trim();
  if (encoded === undefined || encoded.length > longestContentId * 3) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Content-IDs that the HTML refers to. */
export function referredContentIds(html: string): Set<string> {
  const urls = html.match(/cid:[^\s"'<>)]{1,900}/gi) ?? [];
  return new Set(urls.map(contentIdOfUrl).filter((contentId) => contentId !== null));
}
