/** Storing the key of an owner for a Worker without master keys. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type MasterKeys, newMasterKey, openSecret, providerKeyBinding } from '@tinyfat/core';
import { type Database, findProviderKey, type NewProviderKey } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeOwnersKey } from './store-owners-key.ts';

const KEY: NewProviderKey = {
  owner: 'ann@example.com',
  provider: 'anthropic',
  key: 'sk-ant-0123456789abcdef',
  lastFour: 'cdef',
};
const masterKeys: MasterKeys = [newMasterKey((count) => new Uint8Array(randomBytes(count)))];
let db: Database;

beforeAll(async () => {
  db = await openFreshDatabase(join(scratchFolder(), `store-owners-key-${process.pid}.sqlite`));
});
afterAll(() => db.destroy());

it('seals it under the master key, so that it opens for its owner', async () => {
  expect(await storeOwnersKey({ db, masterKeys }, KEY)).toEqual({ ok: true, replaced: null });
  const row = await findProviderKey(db, KEY.owner, KEY.provider);
  if (!row) throw new Error('there is no row');
  expect(row.sealed).not.toContain(KEY.key);
  expect(await openSecret(row.sealed, providerKeyBinding(row), masterKeys)).toEqual({
    ok: true,
    secret: KEY.key,
  });
  expect(await storeOwnersKey({ db, masterKeys }, { ...KEY, key: 'sk-ant-another-key-0000' })).toEqual({
    ok: true,
    replaced: 'cdef',
  });
});

it('shows of a key its own last characters, whatever the caller says that they are', async () => {
  await storeOwnersKey({ db, masterKeys }, { ...KEY, owner: 'bob@example.com', lastFour: KEY.key });
  expect((await findProviderKey(db, 'bob@example.com', KEY.provider))?.last_four).toBe('cdef');
});

it('refuses without master keys, and stores nothing in clear', async () => {
  const owner = 'eve@example.com';
  expect(await storeOwnersKey({ db, masterKeys: null }, { ...KEY, owner })).toMatchObject({
    ok: false,
    code: 'master_keys_missing',
  });
  expect(await findProviderKey(db, owner, KEY.provider)).toBeUndefined();
});

it('throws for what is no request of ours, without a word of the key', async () => {
  for (const wrong of [
    { ...KEY, owner: 'Ann <ann@example.com>' },
    { ...KEY, provider: 'other' as NewProviderKey['provider'] },
    { ...KEY, key: 'a key with blanks in it' },
  ]) {
    const error = await storeOwnersKey({ db, masterKeys }, wrong).catch((thrown: unknown) => String(thrown));
    expect(error).toMatch(/^Error: /);
    expect(error).not.toContain(wrong.key);
  }
});
