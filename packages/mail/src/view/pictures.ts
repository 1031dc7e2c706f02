/**
 * Pictures of a mail as `data:` URLs, so that nothing is fetched. Only kinds that hold no markup: what a picture is, its
 * first bytes say, not its sender.
 */
import type { MimePart } from '../mime/mime-tree.ts';
import { decodedBody, decodedLength } from '../mime/transfer-encoding.ts';
import { contentIdOf, contentIdOfUrl } from '../read/inline-images.ts';

/** Bytes of one picture, and characters of all URLs together, those of repeated ones counted each time. */
export const pictureLimits = { bytes: 2 * 1024 * 1024, characters: 6 * 1024 * 1024 };

/** First bytes by type; `at` is where they stand. */
const kinds: readonly { type: string; at: number; magic: string }[] = [
  { type: 'image/png', at: 0, magic: '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', at: 0, magic: '\xff\xd8\xff' },
  { type: 'image/gif', at: 0, magic: 'GIF8' },
  { type: 'image/webp', at: 8, magic: 'WEBP' },
];

/** The pictures of one message. */
export class Pictures {
  /** How many were asked for that are not shown. */
  leftOut = 0;
  private room = pictureLimits.characters;
  private readonly parts: ReadonlyMap<string, MimePart>;
  private readonly urls = new Map<MimePart, string | null>();

  constructor(parts: readonly MimePart[]) {
    const named = parts.map((part): [string | null, MimePart] => [contentIdOf(part), part]);
    this.parts = new Map(named.flatMap(([id, part]) => (id === null ? [] : [[id, part] as const])));
  }

  /** A `data:` URL for what stands in `src`; null where it is not to be shown. */
  url(src: string): string | null {
    const url = this.inlineUrl(contentIdOfUrl(src)) ?? embedded(src);
    if (url === null || url.length > this.room) {
      this.leftOut += 1;
      return null;
    }
    this.room -= url.length;
    return url;
  }

  private inlineUrl(contentId: string | null): string | null {
    const part = contentId === null ? undefined : this.parts.get(contentId);
    if (part === undefined) return null;
    const made = this.urls.get(part);
    if (made !== undefined) return made;
    const isSmall = decodedLength(part.body, part.encoding, pictureLimits.bytes) <= pictureLimits.bytes;
    const url = isSmall ? dataUrl(decodedBody(part.body, part.encoding, false).content) : null;
    this.urls.set(part, url);
    return url;
  }
}

/** A picture that stands in the HTML itself. */
function embedded(src: string): string | null {
  const encoded = /^\s*data:image\/[a-z]+;base64,([a-z0-9+/=\s]+)$/i.exec(src)?.[1];
  return encoded === undefined ? null : dataUrl(Buffer.from(encoded, 'base64'));
}

function dataUrl(content: Uint8Array): string | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const kind = kinds.find(({ at, magic }) => bytes.toString('latin1', at, at + magic.length) === magic);
  return kind === undefined ? null : `data:${kind.type};base64,${bytes.toString('base64')}`;
}
