/** How far into a document its own word about its charset is looked for, bytes; browsers look as far. */
const looked = 1024;

/** The charset that an HTML document declares in `<meta>` (HTML standard, section 4.2.5); null where it does not. */
export function metaCharset(html: Uint8Array): string | null {
  const start = html.subarray(0, looked * 4);
  const head = Buffer.from(start.buffer, start.byteOffset, start.byteLength).toString('latin1');
  for (const [tag] of head.matchAll(/<meta[\s/][^<>]{1,500}/gi)) {
    const charset = /charset\s*=\s*["']?\s*([a-z0-9][a-z0-9_.:-]{0,39})/i.exec(tag)?.[1];
    // Whoever reads that word has read ASCII, so it can't be two bytes a character.
    if (charset !== undefined && !/^utf-?(?:16|32)|^ucs/i.test(charset)) return charset;
  }
  return null;
}
