/** The keys of an installation: made once, the same in the next run, and refused for a database of another one. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError, parseMasterKeys } from '@tinyfat/core';
import { readConfig } from '@tinyfat/server/config';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { prepareDatabase } from './prepare-database.ts';

let postgres: Awaited<ReturnType<typeof makeFreshPostgres>>;
let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tinyfat-deploys-'));
  postgres = await makeFreshPostgres(root);
});
afterEach(async () => {
  await postgres.drop();
  rmSync(root, { recursive: true, force: true });
});

const config = (machine: string, environment: Record<string, string> = {}) => {
  const { url, directUrl } = postgres;
  const read = readConfig({
    DATA_DIR: join(root, machine),
    DATABASE_URL: url,
    ...(directUrl === undefined ? {} : { DATABASE_DIRECT_URL: directUrl }),
    ...environment,
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.config;
};

const prepare = (on: ReturnType<typeof config>, adopt = false) => prepareDatabase(on, { adopt });

it('tables and keys are made once, the keys for this user alone; the next run finds both', async () => {
  const first = await prepare(config('one'));
  if (!first.ok) throw new Error(first.reason);
  expect(parseMasterKeys(first.masterKeys)).toMatchObject({ ok: true });
  expect(parseMasterKeys(first.signInKey)).toMatchObject({ ok: true });
  expect(first.masterKeys).not.toBe(first.signInKey);
  for (const name of ['master-keys', 'sign-in-key'])
    expect(statSync(join(root, 'one', name)).mode & 0o777).toBe(0o600);
  expect(await prepare(config('one'))).toEqual(first);
  // From another machine with the keys in its settings.
  const { masterKeys, signInKey } = first;
  const elsewhere = config('two', { MASTER_KEYS: masterKeys, SIGN_IN_KEY: signInKey });
  expect(await prepare(elsewhere)).toEqual(first);
});

it('a database of an installation with other keys is refused, and its own go on', async () => {
  const first = await prepare(config('one'));
  const refused = await prepare(config('two'));
  expect(refused).toMatchObject({
    ok: false,
    reason: expect.stringContaining(describeError('installation_other_master_keys').sentence),
    fix: describeError('installation_other_master_keys').nextStep,
  });
  const others = { MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}` };
  expect(await prepare(config('three', others))).toMatchObject({ ok: false });
  if (!first.ok) throw new Error(first.reason);
  expect(await prepare(config('four', { MASTER_KEYS: first.masterKeys }))).toMatchObject({
    ok: false,
    reason: expect.stringContaining(describeError('installation_other_sign_in_key').sentence),
  });
  expect(await prepare(config('one'))).toEqual(first);
});

it('adopted, it takes the keys of now, and refuses those before', async () => {
  await prepare(config('one'));
  const adopted = await prepare(config('two'), true);
  expect(adopted).toMatchObject({ ok: true });
  expect(await prepare(config('two'))).toEqual(adopted);
  expect(await prepare(config('one'))).toMatchObject({ ok: false });
});
