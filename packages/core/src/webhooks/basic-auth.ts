/** HTTP basic authentication (RFC 7617) of a webhook: all that Postmark can show. */
import { fromBase64 } from '../base64.ts';
import { equalBytes } from './equal-bytes.ts';

/** Whether the Authorization header holds one of the credentials, each `user:password`. */
export async function verifyBasicAuth(headers: Headers, credentials: readonly string[]): Promise<boolean> {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1];
  // Digests have one length, so not even that of the password shows in the time.
  const given = await digest(encoded === undefined ? null : fromBase64(encoded));
  let matches = false;
  for (const one of credentials) {
    const right = await digest(new TextEncoder().encode(one));
    matches = equalBytes(given, right) || matches;
  }
  return matches && encoded !== undefined;
}

async function digest(bytes: Uint8Array<ArrayBuffer> | null): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes ?? new Uint8Array()));
}
