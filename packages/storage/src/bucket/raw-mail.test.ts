import { rawMailStoreContract } from '@tinyfat/contracts';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBucket } from '../s3/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
import type { Bucket } from './bucket.ts';
import { bucketRawMail } from './raw-mail.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn({ pageKeys: 100 });
});
afterAll(() => standIn.close());

const open = () => bucketRawMail({ bucket: openBucket(accountOf(standIn), runtime), root: '' });

rawMailStoreContract('s3', async () => ({
  store: open(),
  second: open(),
  breakOff: null,
  dispose: async () => standIn.objects.clear(),
}));

it('sweeps nothing away that is not its own', async () => {
  for (const key of [
    'raw-mail/notes.txt',
    'raw-mail/01/message-02.eml',
    'raw-mail/message-01.eml',
    'raw-mail/sub/message.eml',
    'agents/a/x.eml',
  ])
    standIn.store(key, 'x');
  const rule = {
    unfinishedBefore: Number.MAX_SAFE_INTEGER,
    unnamedBefore: Number.MAX_SAFE_INTEGER,
    mostUnnamed: 10,
    named: async () => new Set<string>(),
    onRemoved: () => expect.unreachable(),
  };
  expect(await open().sweep(rule, new AbortController().signal)).toEqual({ seen: 0, unnamed: 0 });
  expect(standIn.objects.size).toBe(5);
});

it('holds no message that is larger than any, and no more that are left over than it may remove', async () => {
  let cancelled = 0;
  const cancel = async () => {
    cancelled += 1;
  };
  const none = () => expect.unreachable();
  const body = { cancel, getReader: none };
  let pages = 0;
  const bucket: Bucket = {
    get: async () => ({ size: 49 * 1024 * 1024, etag: '"1"', modifiedAt: 0, meta: {}, body }),
    list: async ({ prefix }) => {
      pages += 1;
      const object = { key: `${prefix}01/message-01.eml`, size: 1, etag: '"1"', modifiedAt: 0 };
      return {
        objects: Array.from({ length: 100 }, () => object),
        prefixes: [],
        next: pages < 50 ? 'more' : null,
      };
    },
    head: none,
    put: none,
    copy: none,
    remove: none,
  };
  const store = bucketRawMail({ bucket, root: '' });
  await expect(store.get('message-01')).rejects.toThrow(
    'the message message-01 in the storage is larger than any',
  );
  expect(cancelled).toBe(1);
  const rule = {
    unfinishedBefore: 1,
    unnamedBefore: 1,
    mostUnnamed: 150,
    named: async () => new Set<string>(),
    onRemoved: () => expect.unreachable(),
  };
  expect(await store.sweep(rule, new AbortController().signal)).toEqual({ seen: 5000, unnamed: 5000 });
});
