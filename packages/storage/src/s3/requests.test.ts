/** What a bucket does when the service stumbles, and what it never does: hang, double, or say a secret. */
import { createServer } from 'node:http';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readAll } from '../bucket/body.ts';
import type { Bucket } from '../bucket/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
import { openBucket } from './bucket.ts';

let standIn: S3StandIn;
let bucket: Bucket;
beforeAll(async () => {
  standIn = await startS3StandIn();
  bucket = openBucket(accountOf(standIn), runtime);
});
afterAll(() => standIn.close());
beforeEach(() => {
  standIn.objects.clear();
  standIn.requests.length = 0;
  standIn.meet(() => null);
});

const failing = (times: number, fault: { status: number; code: string } | 'cut' | 'cut-after') => {
  let left = times;
  standIn.meet(() => (left-- > 0 ? fault : null));
};

describe('a request', () => {
  it.each([
    ['is asked to slow down', { status: 503, code: 'SlowDown' }],
    ['is one of too many', { status: 429, code: 'TooManyRequests' }],
    ['meets a fault', { status: 500, code: 'InternalError' }],
    ['is cut off', 'cut'],
    ['is done, but its answer is lost', 'cut-after'],
  ] as const)('that %s is sent again', async (_, fault) => {
    failing(2, fault);
    expect(await bucket.put('a', 'x')).toMatchObject({ ok: true });
    expect(standIn.requests).toHaveLength(3);
    expect(standIn.objects.get('a')?.bytes.toString()).toBe('x');
  });

  it('is sent five times, not for ever, and says what was wrong', async () => {
    failing(99, { status: 503, code: 'SlowDown' });
    await expect(bucket.head('a')).rejects.toMatchObject({ transient: true, message: /503/ });
    expect(standIn.requests).toHaveLength(5);
  });

  it('begins no further try when its time is over', async () => {
    failing(99, { status: 503, code: 'SlowDown' });
    let now = Date.now();
    const slow = openBucket(accountOf(standIn), {
      random: () => -1,
      clock: () => {
        now += 11_000;
        return now;
      },
    });
    await expect(slow.head('a')).rejects.toThrow();
    expect(standIn.requests.length).toBeLessThan(4);
  });

  it('that is refused is not sent again', async () => {
    const { credentials, ...account } = accountOf(standIn);
    const wrong = openBucket(
      { ...account, credentials: { ...credentials, secretAccessKey: 'another-secret' } },
      runtime,
    );
    const error: Error = await wrong.put('a', 'x').then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', transient: false });
    expect(`${error.message}${error.stack}`).not.toContain('another-secret');
    expect(standIn.objects.size).toBe(0);
  });

  it('to a server that says nothing of S3 ends with a sentence', async () => {
    const server = createServer((_, response) => response.writeHead(302, { location: '/' }).end());
    const listening = await listenOnLoopback(server);
    onTestFinished(listening.close);
    const elsewhere = openBucket({ ...accountOf(standIn), endpoint: listening.url }, runtime);
    await expect(elsewhere.head('a')).rejects.toThrow('storage refused HEAD test-bucket/a (status 302)');
  });
});

describe('a write with a condition', () => {
  it('is done where its own first try was, whose answer was lost', async () => {
    failing(1, 'cut-after');
    expect(await bucket.put('a', 'ours', { only: 'absent' })).toMatchObject({ ok: true });
    const etag = standIn.objects.get('a')?.etag ?? '';
    failing(1, 'cut-after');
    expect(await bucket.put('a', 'next', { only: { etag } })).toMatchObject({ ok: true });
    expect(standIn.objects.get('a')?.bytes.toString()).toBe('next');
  });
});

it('a body is read no further than asked', async () => {
  standIn.store('a', 'x'.repeat(100_000));
  const opened = await bucket.get('a');
  expect(await readAll(opened?.body ?? null, 99_999)).toBeNull();
});
