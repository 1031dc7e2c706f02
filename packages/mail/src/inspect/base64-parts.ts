/** Whether a parser may find a base64 part in a message; decided without parsing it. */

/**
 * A field that names an encoding other than base64 in one word on one line. In any other form (folded, with a comment
 * in the word, with anything behind it) a parser may read base64 out of it.
 */
const harmless = /[ \t]*:[ \t]*(?:7bit|8bit|binary|quoted-printable)[ \t]*\r?\n(?![ \t])/iy;
const field = /content-transfer-encoding/gi;

/** False only where every Content-Transfer-Encoding in the message, wherever it stands, plainly is another one. */
export function mayHaveBase64(raw: Uint8Array): boolean {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  for (const found of text.matchAll(field)) {
    harmless.lastIndex = found.index + found[0].length;
    if (!harmless.test(text)) return true;
  }
  return false;
}
