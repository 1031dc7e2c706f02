/**
 * Checks requests to S3 as the service does (AWS Signature Version 4 in the Authorization header), written from its
 * description and independent of the library that signs.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const MOST_SKEW_MS = 15 * 60_000;

type SignedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** What a request proved, or S3's status and code for why not. */
export type Checked = { ok: true; accessKeyId: string } | { ok: false; status: number; code: string };

/** Checks the signature of a request. `secretOf` gives the secret of an access key; null where there is none. */
export function checkSignature(
  request: SignedRequest,
  body: Buffer,
  expected: { region: string; now: number; secretOf(accessKeyId: string): string | null },
): Checked {
  const refuse = (code: string, status = 403): Checked => ({ ok: false, status, code });
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!found) return refuse('AccessDenied');
  const [, accessKeyId = '', day = '', region = '', headerNames = '', signature = ''] = found;
  const stamp = header(request, 'x-amz-date');
  if (region !== expected.region || !stamp.startsWith(`${day}T`))
    return refuse('AuthorizationHeaderMalformed', 400);
  if (Math.abs(timeOf(stamp) - expected.now) > MOST_SKEW_MS) return refuse('RequestTimeTooSkewed');
  const secret = expected.secretOf(accessKeyId);
  if (secret === null) return refuse('InvalidAccessKeyId');
  const names = headerNames.split(';');
  const mustBeSigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  if (mustBeSigned.some((name) => !names.includes(name))) return refuse('AccessDenied');
  const payload = header(request, 'x-amz-content-sha256');
  const canonical = [
    request.method,
    canonicalPath(request.url ?? ''),
    canonicalQuery(request.url ?? ''),
    ...names.map((name) => `${name}:${header(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    headerNames,
    payload,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`);
  const right = hmac(key, text);
  if (!timingSafeEqual(right, Buffer.from(signature, 'hex'))) return refuse('SignatureDoesNotMatch');
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(body))
    return refuse('XAmzContentSHA256Mismatch', 400);
  return { ok: true, accessKeyId };
}

function header(request: SignedRequest, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** `20260102T030405Z` as epoch ms; NaN for anything else. */
function timeOf(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function canonicalPath(url: string): string {
  return (url.split('?')[0] ?? '').split('/').map(encoded).join('/');
}

function canonicalQuery(url: string): string {
  const pairs = (url.split('?')[1] ?? '').split('&').filter((pair) => pair !== '');
  return pairs
    .map((pair) => {
      const [name = '', value = ''] = pair.replace(/\+/g, '%20').split('=');
      return `${encoded(name)}=${encoded(value)}`;
    })
    .sort()
    .join('&');
}

/** Encoded as RFC 3986 says, whatever else was encoded before. */
function encoded(part: string): string {
  return encodeURIComponent(decodeURIComponent(part)).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
