import { rawMailStoreContract } from '@tinyfat/contracts';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBucket } from '../s3/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
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
