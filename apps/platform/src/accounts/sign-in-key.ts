/**
 * The key of all sign-in secrets. Each is derived from it and from the id of a request, wherever it is needed: so nothing
 * in the database opens a session, and a mail can be sent again without being stored.
 */
import { toBase64url } from '@tinyfat/core';

/** What is derived from the key. */
export interface SignInKey {
  /** Signs the cookies of sessions. */
  cookieSecret(): Promise<string>;
  /** The token in the link of a request: 256 bits. */
  linkToken(requestId: string): Promise<string>;
  /** The six digits of a request. */
  code(requestId: string): Promise<string>;
  /** Signs what the link of a mail to be approved is about. */
  decisionMac(matter: string): Promise<string>;
  /** The PKCE verifier (RFC 7636) and the nonce of a way to the OpenID provider, by its state. */
  oidcVerifier(state: string): Promise<string>;
  oidcNonce(state: string): Promise<string>;
}

const DIGITS = 6;

/** Over 32 random bytes. */
export function signInKey(bytes: Uint8Array<ArrayBuffer>): SignInKey {
  const imported = crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const keyed = async (purpose: string, text: string) => {
    const message = new TextEncoder().encode(`tinyfat ${purpose}\0${text}`);
    return new Uint8Array(await crypto.subtle.sign('HMAC', await imported, message));
  };
  return {
    cookieSecret: async () => toBase64url(await keyed('session cookies', '')),
    decisionMac: async (matter) => toBase64url(await keyed('approval link', matter)),
    linkToken: async (id) => toBase64url(await keyed('sign-in link', id)),
    oidcVerifier: async (state) => toBase64url(await keyed('oidc verifier', state)),
    oidcNonce: async (state) => toBase64url(await keyed('oidc nonce', state)),
    code: async (id) => {
      // 64 bits, so that no code is likelier than another by more than one in 10^13.
      const number = new DataView((await keyed('sign-in code', id)).buffer).getBigUint64(0);
      return String(number % 10n ** BigInt(DIGITS)).padStart(DIGITS, '0');
    },
  };
}
