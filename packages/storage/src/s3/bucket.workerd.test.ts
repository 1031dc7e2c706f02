/** Signing and minting in the runtime of Workers: the same signatures as on Node, which the stand-in checks. */
import { afterEach, expect, it, vi } from 'vitest';
import { openBucket } from './bucket.ts';
import { r2Credentials } from './credentials.ts';

const account = {
  endpoint: 'https://account.r2.cloudflarestorage.com',
  bucket: 'bucket',
  region: 'auto',
  credentials: { accessKeyId: 'PARENT', secretAccessKey: 'secret' },
};
const clock = () => Date.UTC(2026, 0, 2, 3, 4, 5);
afterEach(() => vi.unstubAllGlobals());

it('signs a conditional write with the credentials of a turn', async () => {
  const requests: Request[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    requests.push(request);
    return new Response(null, { status: 200, headers: { etag: '"1"' } });
  });
  const mint = r2Credentials(account, clock);
  const credentials = await mint({
    prefix: 'agents/a/',
    ttlSeconds: 60,
    permission: 'object-read-write',
  });
  const bucket = openBucket({ ...account, credentials }, { clock, random: () => 0 });
  expect(await bucket.put('agents/a/ü+ b', 'text', { only: 'absent' })).toEqual({ ok: true, etag: '"1"' });
  const [request] = requests;
  expect(request?.url).toBe('https://account.r2.cloudflarestorage.com/bucket/agents/a/%C3%BC%2B%20b');
  expect(request?.headers.get('authorization')).toBe(
    'AWS4-HMAC-SHA256 Credential=PARENT/20260102/auto/s3/aws4_request, SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date;x-amz-meta-sha256;x-amz-security-token, Signature=9e44de94e441e4f199e19fefcaa879dd88855f362b478b4c3d5c8fe8d4c0e098',
  );
});
