import { randomBytes } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import {
  type MasterKeyFile,
  type MasterKeys,
  masterKeyIdOf,
  newMasterKey,
  openSecret,
  providerKeyBinding,
} from '@tinyfat/core';
import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listProviderKeys } from './provider-keys.ts';
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
  const owners = Array.from({ length: 8 }, (_, at) => `owner-${at}`);

  it('are made once', async () => {
    const stored = await Promise.all(owners.map(store));
    expect(stored.filter(({ ok }) => !ok)).toEqual([]);
    expect(file.keys()).toHaveLength(1);
    expect(await opened()).toEqual(owners);
  });

  it('open every key, however rotations and new keys come between each other', async () => {
    await file.create([newMasterKey(randomBytes)]);
    await Promise.all(owners.flatMap((owner) => [store(owner), rotateMasterKeys(mails.db, source())]));
    expect(await opened()).toEqual(owners);
    await rotateMasterKeys(mails.db, source());
    const rows = await listProviderKeys(mails.db, null);
    expect(new Set(rows.map((row) => masterKeyIdOf(row.sealed)))).toEqual(
      new Set(file.keys()?.map(({ id }) => id)),
    );
  });
});
