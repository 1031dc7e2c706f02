/**
 * What a session token of R2's allows: a JWT, signed with the secret of the parent key (HS256), that names bucket,
 * prefixes, permission and times; the secret that belongs to it is the SHA-256 of the JWT in hex.
 */
import { createHash, createHmac } from 'node:crypto';

/** What the credentials of a request may do: below which prefixes, and whether they may write. */
export interface Allowed {
  secret: string;
  prefixes: string[];
  mayWrite: boolean;
}

/** Reads a session token; or S3's code for why it counts for nothing. `now` is epoch ms. */
export function readSessionToken(
  token: string,
  expected: { accessKeyId: string; secretAccessKey: string; bucket: string; audience: string; now: number },
): Allowed | 'InvalidToken' | 'ExpiredToken' {
  const text = Buffer.from(token, 'base64').toString();
  if (!text.startsWith('jwt/')) return 'InvalidToken';
  const jwt = text.slice('jwt/'.length);
  const [head = '', payload = '', signature] = jwt.split('.');
  const right = createHmac('sha256', expected.secretAccessKey)
    .update(`${head}.${payload}`)
    .digest('base64url');
  if (signature !== right) return 'InvalidToken';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const isOurs =
    claims.iss === expected.accessKeyId &&
    claims.aud === expected.audience &&
    claims.bucket === expected.bucket &&
    claims.sub === expected.audience.split('.')[0];
  if (!isOurs) return 'InvalidToken';
  if (claims.exp * 1000 <= expected.now) return 'ExpiredToken';
  return {
    secret: createHash('sha256').update(jwt).digest('hex'),
    prefixes: claims.paths.prefixPaths,
    mayWrite: claims.scope === 'object-read-write',
  };
}
