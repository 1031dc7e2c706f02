/** Passwords of a cluster for tests, and what a server stores of one (RFC 5802, RFC 7677). */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Hexadecimal: it needs no quotes anywhere. */
export function password(): string {
  return randomBytes(16).toString('hex');
}

/**
 * The verifier of SCRAM-SHA-256 with one iteration in the place of 4096: those are for passwords that can be guessed, and
 * take most of the time of a login, of which there are thousands. pgbouncer, given the same text as the server, logs in
 * there with what the client proved.
 */
export function cheapSecret(of: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(of, salt, 1, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$1:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
