import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configOf, look } from '../test-support/look.ts';
import { storageCheck } from './storage.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

const check = async (change: Record<string, string> = {}) => {
  const environment = {
    STORAGE: `s3://${standIn.bucket}/here`,
    STORAGE_ENDPOINT: standIn.url,
    STORAGE_REGION: 'auto',
    STORAGE_ACCESS_KEY_ID: standIn.accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: standIn.secretAccessKey,
    STORAGE_TURN_CREDENTIALS: 'r2',
    ...change,
  };
  const found = await look(storageCheck(configOf(environment)));
  expect(JSON.stringify(found)).not.toContain(environment.STORAGE_SECRET_ACCESS_KEY);
  return found;
};

it('writes and deletes, with the key and with credentials for one turn, and leaves nothing', async () => {
  expect(await check()).toMatchObject([{ check: 'storage', state: 'ok' }]);
  expect(standIn.objects.size).toBe(0);
  expect(standIn.requests.filter(({ temporary }) => temporary).length).toBeGreaterThan(2);
});

it('says that turns get the key itself', async () => {
  expect(await check({ STORAGE_TURN_CREDENTIALS: 'parent' })).toMatchObject([
    { state: 'ok' },
    { state: 'note' },
  ]);
});

it.each([
  [{ STORAGE_SECRET_ACCESS_KEY: 'wrong-secret' }, 'SignatureDoesNotMatch', 'STORAGE_SECRET_ACCESS_KEY'],
  [{ STORAGE_ACCESS_KEY_ID: 'nobody' }, 'InvalidAccessKeyId', 'STORAGE_ACCESS_KEY_ID'],
  [{ STORAGE: 's3://another-bucket' }, 'NoSuchBucket', 'STORAGE'],
  [{ STORAGE_REGION: 'eu-central-1' }, 'AuthorizationHeaderMalformed', 'STORAGE_REGION'],
])('says what is wrong with %o', async (change, found, mend) => {
  expect(await check(change)).toMatchObject([
    { state: 'broken', found: expect.stringContaining(found), mend: expect.stringContaining(mend) },
  ]);
});

it('says so where a service keeps no conditions', async () => {
  standIn.meet(({ method, key }) => {
    if (method === 'PUT') standIn.objects.delete(key);
    return null;
  });
  expect(await check()).toMatchObject([{ state: 'broken', found: expect.stringContaining('If-None-Match') }]);
  standIn.meet(() => null);
});

it('says nothing where there is no bucket', async () => {
  expect(await look(storageCheck(configOf()))).toEqual([]);
});
