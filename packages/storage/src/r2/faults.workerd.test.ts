/** What a bucket behind a binding does when R2 stumbles, and what it never does: hang, double, or write over others. */
import type { ReadableStream as WorkersStream } from '@cloudflare/workers-types';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readAll } from '../bucket/body.ts';
import type { Bucket } from '../bucket/bucket.ts';
import { binding, empty, runtime, bucket as working } from '../test-support/r2.ts';
import { openR2Bucket } from './bucket.ts';

type Method = 'head' | 'get' | 'put' | 'delete' | 'list';

const calls: Method[] = [];
let before: (method: Method) => Error | null = () => null;
let after: (method: Method) => Error | null = () => null;
/** The binding, whose calls may fail before or after their effect. */
const stumbling = new Proxy(binding, {
  get(target, name: Method) {
    return async (...values: unknown[]) => {
      calls.push(name);
      const early = before(name);
      if (early) throw early;
      const answer = await (target[name] as (...values: unknown[]) => Promise<unknown>)(...values);
      const late = after(name);
      if (late) throw late;
      return answer;
    };
  },
});
const bucket: Bucket = openR2Bucket(stumbling, runtime);

beforeEach(async () => {
  await empty();
  calls.length = 0;
  before = () => null;
  after = () => null;
});

const times = (count: number, message: string) => {
  let left = count;
  return () => (left-- > 0 ? new Error(message) : null);
};
const LOST = 'Network connection lost.';
const textOf = async (key: string) => await (await binding.get(key))?.text();

describe('a call', () => {
  it.each([
    ['meets a fault', 'put: We encountered an internal error. Please try again. (10001)'],
    ['meets a service that is away', 'put: Service unavailable (10043)'],
    ['is one of too many', 'put: Reduce your concurrent request rate for the same object. (10058)'],
    ['gets an answer of nobody', 'put: Unspecified error (0)'],
    ['is cut off', LOST],
  ])('that %s is made again', async (_, message) => {
    before = times(2, message);
    expect(await bucket.put('a', 'x')).toMatchObject({ ok: true });
    expect(calls).toHaveLength(3);
    expect(await textOf('a')).toBe('x');
  });

  it('is made five times, not for ever, and says what was wrong', async () => {
    before = times(99, 'head: Service unavailable (10043)');
    await expect(bucket.head('agents/a/x')).rejects.toMatchObject({
      name: 'StorageError',
      code: 'ServiceUnavailable',
      transient: true,
      message: 'storage refused head agents/a/x (ServiceUnavailable, R2 10043)',
    });
    expect(calls).toHaveLength(5);
    before = times(99, LOST);
    await expect(bucket.list({ prefix: 'agents/' })).rejects.toMatchObject({ code: 'unreachable' });
  });

  it.each([
    ['get: You do not have access. (10003)', 'AccessDenied'],
    ['put: Your metadata headers exceed the maximum allowed metadata size. (10012)', 'MetadataTooLarge'],
    ['put: Something new (10999)', '10999'],
  ])('that is refused is not made again: %s', async (message, code) => {
    before = times(1, message);
    await expect(bucket.head('a')).rejects.toMatchObject({ code, transient: false });
    expect(calls).toHaveLength(1);
  });

  it('that R2 itself refuses says so: a key that is too long', async () => {
    await expect(working.put('x'.repeat(1025), 'x')).rejects.toMatchObject({
      code: 'InvalidObjectName',
      transient: false,
    });
  });

  it('that never gets an answer ends, and is made again', async () => {
    vi.useFakeTimers();
    try {
      const mute = openR2Bucket({ ...binding, head: () => new Promise<null>(() => {}) }, runtime);
      const asked = mute.head('a').catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(120_000);
      expect(await asked).toMatchObject({ code: 'unreachable', message: /no answer within 15 s/ });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a write with a condition', () => {
  it('is done where its own first try was, whose answer was lost', async () => {
    after = times(1, LOST);
    expect(await bucket.put('a', 'ours', { only: 'absent' })).toMatchObject({ ok: true });
    const etag = (await working.head('a'))?.etag ?? '';
    after = times(1, LOST);
    expect(await bucket.put('a', 'next', { only: { etag } })).toMatchObject({ ok: true });
    expect(await textOf('a')).toBe('next');
  });

  it('is not done where another one was there meanwhile', async () => {
    await working.put('a', 'theirs');
    before = times(1, LOST);
    expect(await bucket.put('a', 'ours', { only: 'absent' })).toEqual({ ok: false, reason: 'conflict' });
    expect(await textOf('a')).toBe('theirs');
  });
});

describe('a copy', () => {
  it('hands the stream of R2 on as it is, so that nothing of it is held', async () => {
    await working.put('a', 'x'.repeat(200_000));
    const streams: unknown[] = [];
    const watched = openR2Bucket<WorkersStream>(
      {
        head: (key) => binding.head(key),
        async get(key, options) {
          const found = await binding.get(key, options);
          if (found !== null && 'body' in found) streams.push(found.body);
          return found;
        },
        async put(key, value, options) {
          streams.push(value);
          return await binding.put(key, value, options);
        },
        delete: (keys) => binding.delete(keys),
        list: (options) => binding.list(options),
      },
      runtime,
    );
    expect(await watched.copy('a', 'b', (await working.head('a'))?.etag ?? '')).toBe(true);
    expect(streams).toHaveLength(2);
    expect(streams[1]).toBe(streams[0]);
  });

  it('whose end is lost is made again from its beginning', async () => {
    await working.put('a', 'x'.repeat(200_000), { meta: { mode: '755' } });
    const etag = (await working.head('a'))?.etag ?? '';
    before = (() => {
      const fails = times(1, LOST);
      return (method: Method) => (method === 'put' ? fails() : null);
    })();
    expect(await bucket.copy('a', 'b', etag)).toBe(true);
    expect(calls).toEqual(['get', 'put', 'get', 'put']);
    expect(await working.head('b')).toMatchObject({ size: 200_000, meta: { mode: '755' } });
  });
});

it('a large body comes in large pieces: a Worker pays for each of them', async () => {
  await working.put('a', 'x'.repeat(150_000));
  const reader = (await bucket.get('a'))?.body?.getReader();
  const lengths: number[] = [];
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
    lengths.push(next.value.length);
  expect(lengths).toEqual([65_536, 65_536, 18_928]);
});

describe('a part of an object', () => {
  it('is of one version, also where it is replaced while its size is asked for', async () => {
    await working.put('a', 'short');
    let replaced = 0;
    const racing = openR2Bucket(
      new Proxy(binding, {
        get: (target, name: Method) =>
          name === 'get'
            ? async (...values: Parameters<typeof binding.get>) => {
                if (replaced++ === 0) await working.put('a', 'much longer now');
                return await target.get(...values);
              }
            : target[name].bind(target),
      }),
      runtime,
    );
    const opened = await racing.get('a', { from: 2, length: 100 });
    expect(opened).toMatchObject({ size: 13 });
    expect(await readAll(opened?.body ?? null, 99)).toEqual(new TextEncoder().encode('ch longer now'));
  });

  it('of one that never stays the same is given up', async () => {
    let version = 0;
    const racing = openR2Bucket(
      new Proxy(binding, {
        get: (target, name: Method) =>
          name === 'get'
            ? async (...values: Parameters<typeof binding.get>) => {
                await working.put('a', `version ${version++}`);
                return await target.get(...values);
              }
            : target[name].bind(target),
      }),
      runtime,
    );
    await working.put('a', 'first');
    await expect(racing.get('a', { from: 0, length: 9 })).rejects.toMatchObject({
      code: 'changing',
      transient: true,
    });
  });
});
