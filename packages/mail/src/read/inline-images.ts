/** Images that stand in the HTML of a message (RFC 2392, RFC 2387): which ones there are. */
import { headerText } from '../mime/encoded-words.ts';

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

/** The Content-ID of a part without its angle brackets; null for none, and for one that is too long. */
export function contentIdOf({ contentId }: { contentId: string }): string | null {
  const bare = headerText(contentId)
    .trim()
    .replace(/^<|>$/g, '')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '');
  return bare === '' || bare.length > longestContentId ? null : bare;
}
