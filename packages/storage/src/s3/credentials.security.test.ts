/** Invariant 9 on S3: the credentials of one turn open the folder of one agent, until their time is over. */
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { accountOf, runtime } from '../test-support/s3.ts';
import { openBucket } from './bucket.ts';
import { type CredentialScope, r2Credentials } from './credentials.ts';

let standIn: S3StandIn;
beforeEach(async () => {
  standIn = await startS3StandIn();
  for (const key of ['agents/a/MEMORY.md', 'agents/b/MEMORY.md', 'agents/ab/MEMORY.md', 'raw-mail/x.eml'])
    standIn.store(key, key);
});
afterEach(() => standIn.close());

async function bucketOf(change: Partial<CredentialScope> = {}) {
  const mint = r2Credentials(accountOf(standIn), Date.now);
  const credentials = await mint({
    prefix: 'agents/a/',
    ttlSeconds: 60,
    permission: 'object-read-write',
    ...change,
  });
  return openBucket(accountOf(standIn, credentials), runtime);
}
const denied = { code: 'AccessDenied' };

it('reads, writes, lists, copies and removes below its prefix', async () => {
  const bucket = await bucketOf();
  expect(await bucket.head('agents/a/MEMORY.md')).not.toBeNull();
  expect(await bucket.put('agents/a/x', 'x')).toMatchObject({ ok: true });
  const etag = standIn.objects.get('agents/a/x')?.etag ?? '';
  expect(await bucket.copy('agents/a/x', 'agents/a/y', etag)).toBe(true);
  expect((await bucket.list({ prefix: 'agents/a/' })).objects).toHaveLength(3);
  await bucket.remove(['agents/a/x']);
  expect(standIn.objects.has('agents/a/x')).toBe(false);
  expect(standIn.requests.every(({ temporary }) => temporary)).toBe(true);
});

it.each(['agents/b/MEMORY.md', 'agents/ab/MEMORY.md', 'raw-mail/x.eml', 'agents/a'])(
  'does nothing to %s',
  async (key) => {
    const bucket = await bucketOf();
    await expect(bucket.get(key)).rejects.toMatchObject(denied);
    await expect(bucket.head(key)).rejects.toMatchObject({ transient: false });
    await expect(bucket.put(key, 'x')).rejects.toMatchObject(denied);
    await expect(bucket.remove([key])).rejects.toMatchObject(denied);
    await expect(bucket.remove(['agents/a/x', key])).rejects.toMatchObject(denied);
    await expect(bucket.copy(key, 'agents/a/x', '"x"')).rejects.toMatchObject(denied);
    await expect(bucket.copy('agents/a/MEMORY.md', key, '"x"')).rejects.toMatchObject(denied);
  },
);

it('lists no other prefix, and not all of the bucket', async () => {
  const bucket = await bucketOf();
  for (const prefix of ['', 'agents/', 'agents/a', 'agents/b/'])
    await expect(bucket.list({ prefix })).rejects.toMatchObject(denied);
});

it('does nothing after its time', async () => {
  const bucket = await bucketOf({ ttlSeconds: 60 });
  standIn.advance(59_000);
  expect(await bucket.put('agents/a/x', 'x')).toMatchObject({ ok: true });
  standIn.advance(2_000);
  await expect(bucket.put('agents/a/x', 'y')).rejects.toMatchObject({ code: 'ExpiredToken' });
  await expect(bucket.get('agents/a/MEMORY.md')).rejects.toMatchObject({ code: 'ExpiredToken' });
});

it('writes nothing where it may only read', async () => {
  const bucket = await bucketOf({ permission: 'object-read-only' });
  expect(await bucket.head('agents/a/MEMORY.md')).not.toBeNull();
  await expect(bucket.put('agents/a/x', 'x')).rejects.toMatchObject(denied);
  await expect(bucket.remove(['agents/a/MEMORY.md'])).rejects.toMatchObject(denied);
});

it('is worth nothing with a token that was changed, nor with the secret of another one', async () => {
  const mint = r2Credentials(accountOf(standIn), Date.now);
  const scope = { ttlSeconds: 60, permission: 'object-read-write' } as const;
  const ours = await mint({ prefix: 'agents/a/', ...scope });
  const theirs = await mint({ prefix: 'agents/b/', ...scope });
  const jwt = Buffer.from(ours.sessionToken ?? '', 'base64').toString();
  const [head, payload = '', signature] = jwt.split('.');
  const wider = Buffer.from(payload, 'base64url').toString().replace('agents/a/', '');
  const forged = [head, Buffer.from(wider).toString('base64url'), signature].join('.');
  const sessionToken = Buffer.from(forged).toString('base64');
  const get = (credentials: typeof ours) =>
    openBucket(accountOf(standIn, credentials), runtime).get('agents/b/MEMORY.md');
  await expect(get({ ...ours, sessionToken })).rejects.toMatchObject({ code: 'InvalidToken' });
  const mixed = { ...ours, sessionToken: theirs.sessionToken ?? '' };
  await expect(get(mixed)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
});
