/**
 * Header bytes as a string in which nothing is decoded yet: one character a byte, those outside ASCII in the private use
 * area, where no rule about blanks, letters or quotes meets them. So fields are taken apart first and decoded last.
 */

/** What bytes from 0x80 on are moved by: they become U+F780 to U+F7FF. */
const offset = 0xf700;

/** One character for each byte. */
export function byteText(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\x80-\xff]/g, (character) => String.fromCharCode(offset + character.charCodeAt(0)));
}

/** The bytes again. Characters that are no bytes count as their UTF-8. */
export function bytesOfText(text: string): Uint8Array {
  if (/^[\x00-\x7f\uf780-\uf7ff]*$/.test(text)) {
    return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
  }
  return Buffer.concat(
    Array.from(text.matchAll(/[\x00-\x7f\uf780-\uf7ff]+|[^\x00-\x7f\uf780-\uf7ff]+/g), ([run]) =>
      /^[\x00-\x7f\uf780-\uf7ff]/.test(run) ? bytesOfText(run) : new TextEncoder().encode(run),
    ),
  );
}
