import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  deleteProviderKey,
  findProviderKey,
  listProviderKeys,
  markProviderKeyUsed,
  putProviderKey,
  rewriteProviderKey,
} from './provider-keys.ts';
import type { Database, ProviderKey } from './schema/index.ts';

const key = (change: Partial<Omit<ProviderKey, 'last_used_at'>> = {}) => ({
  id: 'key-1',
  owner: 'ann@example.com',
  provider: 'anthropic',
  sealed: 'v1.k1.a.b',
  last_four: 'wxyz',
  created_at: 1,
  ...change,
});

describe('stored keys of providers', () => {
  let folder: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-keys-'));
    db = await openFreshDatabase(join(folder, 'tinyfat.sqlite'));
    await putProviderKey(db, key());
    await putProviderKey(db, key({ id: 'key-2', owner: 'bob@example.com', last_four: 'bobs' }));
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  it('are found by the whole address of their owner and the provider', async () => {
    expect(await findProviderKey(db, 'ann@example.com', 'anthropic')).toEqual({
      ...key(),
      last_used_at: null,
    });
    expect(await findProviderKey(db, 'ann+x@example.com', 'anthropic')).toBeUndefined();
    expect(await findProviderKey(db, 'ann@example.com', 'openai')).toBeUndefined();
  });

  it('are one for each owner and provider: a new one replaces the old, and was never used', async () => {
    await markProviderKeyUsed(db, 'key-1', 5);
    const next = key({ id: 'key-3', sealed: 'v1.k1.c.d', last_four: '0000', created_at: 9 });
    await putProviderKey(db, next);
    await putProviderKey(db, key({ id: 'key-4', provider: 'openai' }));
    expect(await listProviderKeys(db, 'ann@example.com')).toEqual([
      { ...next, last_used_at: null },
      { ...key({ id: 'key-4', provider: 'openai' }), last_used_at: null },
    ]);
  });

  it('know when they were last used; a replaced one tells nothing about the new one', async () => {
    await markProviderKeyUsed(db, 'key-1', 5);
    await markProviderKeyUsed(db, 'key-1', 7);
    expect((await findProviderKey(db, 'ann@example.com', 'anthropic'))?.last_used_at).toBe(7);
    await putProviderKey(db, key({ id: 'key-3' }));
    await markProviderKeyUsed(db, 'key-1', 8);
    expect((await findProviderKey(db, 'ann@example.com', 'anthropic'))?.last_used_at).toBeNull();
  });

  it('are listed of one owner or of all, by owner', async () => {
    expect((await listProviderKeys(db, null)).map(({ id }) => id)).toEqual(['key-1', 'key-2']);
    expect((await listProviderKeys(db, 'bob@example.com')).map(({ id }) => id)).toEqual(['key-2']);
  });

  it('are wrapped anew one by one, all else staying as it is', async () => {
    await markProviderKeyUsed(db, 'key-1', 5);
    await rewriteProviderKey(db, 'key-1', 'v1.k2.x.b');
    expect(await listProviderKeys(db, null)).toEqual([
      { ...key({ sealed: 'v1.k2.x.b' }), last_used_at: 5 },
      { ...key({ id: 'key-2', owner: 'bob@example.com', last_four: 'bobs' }), last_used_at: null },
    ]);
  });

  it('are removed of one owner only, once', async () => {
    expect(await deleteProviderKey(db, 'ann@example.com', 'openai')).toBe(false);
    expect(await deleteProviderKey(db, 'ann@example.com', 'anthropic')).toBe(true);
    expect(await deleteProviderKey(db, 'ann@example.com', 'anthropic')).toBe(false);
    expect((await listProviderKeys(db, null)).map(({ id }) => id)).toEqual(['key-2']);
  });
});
