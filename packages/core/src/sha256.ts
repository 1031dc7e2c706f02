/** SHA-256 of a text in UTF-8, in lower-case hex. */
export async function sha256HexOfText(text: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(text));
}

/** SHA-256 of bytes in lower-case hex, by WebCrypto. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(bytes));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
