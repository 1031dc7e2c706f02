/**
 * Temporary credentials of R2, signed here and without a request: a JWT that names bucket, prefix, permission and times,
 * signed with the secret of the parent key (HS256); Cloudflare R2, "Temporary credentials", local signing.
 */
import { type Clock, sha256Hex, toBase64url } from '@tinyfat/core';
import type { S3Account, S3Credentials } from './requests.ts';

/** What temporary credentials are for. */
export interface CredentialScope {
  /** Keys that begin with it, and no others; it ends with a slash. */
  prefix: string;
  ttlSeconds: number;
  permission: 'object-read-only' | 'object-read-write';
}

/** Gives credentials that are worth nothing outside of their scope. */
export type MintCredentials = (scope: CredentialScope) => Promise<S3Credentials>;

/** Cloudflare takes no longer times. */
const MAX_TTL_SECONDS = 7 * 24 * 3600;

/** Mints with the parent key of `account`, whose endpoint is `https://{account id}.r2.cloudflarestorage.com`. */
export function r2Credentials({ endpoint, bucket, credentials }: S3Account, clock: Clock): MintCredentials {
  const audience = new URL(endpoint).hostname;
  return async ({ prefix, ttlSeconds, permission }) => {
    const now = Math.floor(clock() / 1000);
    const claims = {
      bucket,
      scope: permission,
      paths: { prefixPaths: [prefix], objectPaths: [] },
      sub: audience.split('.')[0],
      iss: credentials.accessKeyId,
      aud: audience,
      iat: now,
      exp: now + Math.min(ttlSeconds, MAX_TTL_SECONDS),
    };
    const unsigned = `${base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT' }))}.${base64url(JSON.stringify(claims))}`;
    const key = await crypto.subtle.importKey(
      'raw',
      bytesOf(credentials.secretAccessKey),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytesOf(unsigned)));
    const jwt = `${unsigned}.${toBase64url(signature)}`;
    return {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: await sha256Hex(bytesOf(jwt)),
      sessionToken: btoa(`jwt/${jwt}`),
    };
  };
}

function base64url(text: string): string {
  return toBase64url(bytesOf(text));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
