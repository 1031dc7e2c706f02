import { folderTreesContract } from '@tinyfat/contracts';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBucket } from '../s3/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
import { bucketTrees } from './trees.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn({ pageKeys: 2 });
});
afterAll(() => standIn.close());

const open = (fileBytes?: number) =>
  bucketTrees({ bucket: openBucket(accountOf(standIn), runtime), root: '', ...(fileBytes && { fileBytes }) });
const dispose = async () => standIn.objects.clear();

folderTreesContract('s3', async () => ({ trees: open(), dispose }));

it('takes no file that is larger than it may hold, and reads it to its end', async () => {
  let read = 0;
  const pieces = (async function* () {
    for (; read < 5; read++) yield new Uint8Array(4);
  })();
  const tree = open(10).writeTree('a');
  expect(await tree.file('x', pieces, { executable: false, modifiedAt: 0 })).toEqual({
    ok: false,
    reason: 'has more than 10 bytes',
  });
  expect(read).toBe(5);
  expect(await tree.link('far', 'z'.repeat(501))).toMatchObject({ ok: false });
  expect(standIn.objects.size).toBe(0);
});
