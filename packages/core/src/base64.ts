/**
 * The bytes that base64 stands for (RFC 4648 section 4); null for what `atob` does not take. It takes more than one form
 * of the same bytes: who wants one only checks the text first.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
