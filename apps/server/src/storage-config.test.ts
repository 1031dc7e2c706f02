import { expect, it } from 'vitest';
import { readConfig } from './config.ts';

const R2 = {
  STORAGE: 's3://bucket/a/b',
  STORAGE_ENDPOINT: 'https://account.r2.cloudflarestorage.com/',
  STORAGE_ACCESS_KEY_ID: 'key',
  STORAGE_SECRET_ACCESS_KEY: 'hunter2-secret',
};
const read = (environment: Record<string, string>) => {
  const config = readConfig(environment);
  if (!config.ok) expect(config.problems.join()).not.toContain('hunter2');
  return config.ok ? config.config.storage : config.problems;
};

it('is R2 with a region and credentials for each turn of its own', () => {
  expect(read(R2)).toEqual({
    account: {
      endpoint: 'https://account.r2.cloudflarestorage.com',
      bucket: 'bucket',
      region: 'auto',
      credentials: { accessKeyId: 'key', secretAccessKey: 'hunter2-secret' },
    },
    root: 'a/b/',
    turnCredentials: 'r2',
  });
  expect(read({ ...R2, STORAGE: 's3://bucket' })).toMatchObject({ root: '' });
  expect(read({})).toBeNull();
});

it('elsewhere asks for the region, and for what turns get', () => {
  const aws = { ...R2, STORAGE_ENDPOINT: 'https://s3.eu-central-1.amazonaws.com' };
  expect(read(aws)).toEqual([
    expect.stringContaining('STORAGE_REGION must be set'),
    expect.stringContaining('STORAGE_TURN_CREDENTIALS must be set'),
  ]);
  const whole = { ...aws, STORAGE_REGION: 'eu-central-1', STORAGE_TURN_CREDENTIALS: 'parent' };
  expect(read(whole)).toMatchObject({ turnCredentials: 'parent', account: { region: 'eu-central-1' } });
});

it.each(['bucket', 's3://', 's3://B', 's3://bucket/../x', 's3://bucket//x', 's3://bucket/a b', 'https://x'])(
  'refuses STORAGE=%s',
  (STORAGE) => {
    expect(read({ ...R2, STORAGE })).toEqual([expect.stringContaining('STORAGE is no bucket')]);
  },
);

it('refuses half of it', () => {
  expect(read({ STORAGE: 's3://bucket' })).toEqual([
    'STORAGE needs STORAGE_ENDPOINT, STORAGE_ACCESS_KEY_ID, STORAGE_SECRET_ACCESS_KEY.',
  ]);
  expect(read({ STORAGE_SECRET_ACCESS_KEY: 'hunter2-secret' })).toEqual([
    'STORAGE_SECRET_ACCESS_KEY does nothing without STORAGE; set it to s3://bucket.',
  ]);
});
