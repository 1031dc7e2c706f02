import { randomBytes } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import {
  type MasterKeyFile,
  type MasterKeys,
  newMasterKey,
  openSecret,
  providerKeyBinding,
  sealSecret,
} from '@tinyfat/core';
import { duringLock } from '@tinyfat/testing/during-lock';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listProviderKeys, putProviderKey } from './provider-keys.ts';
import type { Database } from './schema/index.ts';
import { masterKeySource, rotateMasterKeys, storeProviderKey } from './sealed-keys.ts';

/** A file in memory, every use of which takes a moment. */
function slowFile(): MasterKeyFile & { keys(): MasterKeys | null } {
  let written: MasterKeys | null = null;
  return {
    keys: () => written,
    async read() {
      await pause();
      if (written) return { ok: true, keys: written };
      return { ok: false, code: 'master_keys_missing', detail: 'There is none.' };
    },
    async create(keys) {
      await pause();
      if (written) throw new Error('EEXIST');
      written = keys;
    },
    async replace(keys) {
      await pause();
      written = keys;
    },
  };
}

describe('master keys of many who come at one moment', () => {
  let mails: SentMail;
  let file: ReturnType<typeof slowFile>;
  beforeEach(async () => {
    mails = await openSentMail();
    file = slowFile();
  });
  afterEach(() => mails.close());
  const source = () => masterKeySource(null, file);
  const store = (owner: string) =>
    storeProviderKey(mails.db, source(), { owner, provider: 'anthropic', key: owner, lastFour: 'last' });
  const opened = async () => {
    const keys = file.keys();
    if (!keys) throw new Error('no master keys');
    const rows = await listProviderKeys(mails.db, null);
    const secrets = rows.map((row) => openSecret(row.sealed, providerKeyBinding(row), keys));
    return (await Promise.all(secrets)).map((one) => (one.ok ? one.secret : one.reason));
  };
  const LOCKS = ['master-keys:all'] as const;

  it('are made once', async () => {
    const last = () => file.create([newMasterKey(randomBytes)]);
    const stored = await duringLock(mails.db, LOCKS, { last }, () => store('ann'));
    expect(stored).toEqual({ ok: true, replaced: null });
    expect(file.keys()).toHaveLength(1);
    expect(await opened()).toEqual(['ann']);
  });

  it('stay in the file while somebody seals with them', async () => {
    await store('ann');
    const keys = file.keys();
    if (!keys) throw new Error('no master keys');
    const last = async (tx: Database) => {
      const place = { id: 'key-of-ben', owner: 'ben', provider: 'anthropic' } as const;
      const sealed = await sealSecret('ben', providerKeyBinding(place), keys);
      await putProviderKey(tx, { ...place, sealed, last_four: 'last', created_at: 1 });
    };
    const rotated = await duringLock(mails.db, LOCKS, { last }, () => rotateMasterKeys(mails.db, source()));
    expect(rotated).toMatchObject({ ok: true, rewrapped: 2, unreadable: [] });
    expect(await opened()).toEqual(['ann', 'ben']);
    expect(file.keys()).toHaveLength(1);
  });

  it('open every key, however rotations and new keys come between each other', async () => {
    const owners = Array.from({ length: 8 }, (_, at) => `owner-${at}`);
    await file.create([newMasterKey(randomBytes)]);
    await Promise.all(owners.flatMap((owner) => [store(owner), rotateMasterKeys(mails.db, source())]));
    expect(await opened()).toEqual(owners);
  });
});
