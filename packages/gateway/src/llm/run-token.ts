import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A fresh token: 256 random bits, shaped so that it is told from a real key at sight. */
export function makeRunToken(): string {
  return `tinyfat-run-${randomBytes(32).toString('base64url')}`;
}

/** Compares without telling by its duration how much was right; the hash makes both sides equally long. */
export function tokenMatches(given: string | string[] | undefined, token: string): boolean {
  if (typeof given !== 'string') return false;
  return timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
