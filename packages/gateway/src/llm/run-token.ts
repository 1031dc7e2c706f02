import { equalBytes, toBase64url } from '@tinyfat/core';

/** A fresh token: 256 random bits, shaped so that it is told from a real key at sight. */
export function makeRunToken(): string {
  return `tinyfat-run-${toBase64url(crypto.getRandomValues(new Uint8Array(32)))}`;
}

/** Compares without showing by its duration how much was right; the length of a token is no secret. */
export function tokenMatches(given: string | null, token: string): boolean {
  const encoder = new TextEncoder();
  return (
    given !== null && equalBytes(encoder.encode(token), encoder.encode(given.slice(0, 2 * token.length)))
  );
}
