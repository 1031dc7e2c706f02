import { bucketContract } from '@tinyfat/contracts';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll } from 'vitest';
import { accountOf, runtime } from '../test-support/s3.ts';
import { openBucket } from './bucket.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

bucketContract('s3', async () => ({
  bucket: openBucket(accountOf(standIn), runtime),
  dispose: async () => standIn.objects.clear(),
}));
