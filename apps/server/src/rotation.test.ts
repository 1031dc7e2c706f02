import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import {
  type MasterKey,
  type MasterKeys,
  masterKeyIdOf,
  openSecret,
  parseMasterKeys,
  providerKeyBinding,
} from '@tinyfat/core';
import {
  listProviderKeys,
  type MasterKeySource,
  masterKeySource,
  rewriteProviderKey,
  rotateMasterKeys,
  storeProviderKey,
} from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, masterKeysOf, openDataFolder } from './data-folder.ts';

const CHILD = fileURLToPath(new URL('./test-support/rotate-and-die.ts', import.meta.url));
const OWNERS = ['ann', 'bob', 'eve'].map((name) => `${name}@example.com`);
const secretOf = (owner: string) => `sk-ant-api03-secret-of-${owner.split('@')[0]}`;
const masterKey = (id: string): MasterKey => ({ id, bytes: new Uint8Array(randomBytes(32)) });

describe('the master keys', () => {
  let dataDir: string;
  let data: DataFolder;
  let source: MasterKeySource;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tinyfat-rotation-'));
    await putFreshDatabase(join(dataDir, 'tinyfat.sqlite'));
    await reopen();
  });
  afterEach(async () => {
    await data.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  async function reopen() {
    data = await openDataFolder({ dataDir, database: null });
    source = masterKeysOf({ masterKeys: null }, data);
  }
  const store = (owner: string, from = source) =>
    storeProviderKey(data.db, from, { owner, provider: 'anthropic', key: secretOf(owner), lastFour: 'xxxx' });
  const storeAll = async (from = source) => {
    for (const owner of OWNERS) expect(await store(owner, from)).toEqual({ ok: true, replaced: null });
  };
  const inFile = (): MasterKeys => {
    const parsed = parseMasterKeys(readFileSync(data.paths.masterKeys, 'utf8').trim());
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.keys;
  };
  const ids = (keys: MasterKeys) => keys.map(({ id }) => id);
  /** What each owner's key opens to with these master keys. */
  const opened = async (keys: MasterKeys) =>
    Promise.all(
      (await listProviderKeys(data.db, null)).map(async (row) => {
        const secret = await openSecret(row.sealed, providerKeyBinding(row), keys);
        return secret.ok ? secret.secret : secret.reason;
      }),
    );
  const ALL = OWNERS.map(secretOf);

  it('are generated when the first key is stored, for us only', async () => {
    expect(existsSync(data.paths.masterKeys)).toBe(false);
    await storeAll();
    expect(inFile()).toHaveLength(1);
    expect(statSync(data.paths.masterKeys).mode & 0o777).toBe(0o600);
    expect(await opened(inFile())).toEqual(ALL);
  });

  it('are not generated anew beside keys that need the lost ones', async () => {
    await storeAll();
    rmSync(data.paths.masterKeys);
    expect(await store('new@example.com')).toMatchObject({ ok: false, code: 'master_keys_missing' });
    expect(await rotateMasterKeys(data.db, source)).toMatchObject({ ok: false, code: 'master_keys_missing' });
    expect(existsSync(data.paths.masterKeys)).toBe(false);
    expect(await listProviderKeys(data.db, null)).toHaveLength(3);
  });

  it('are rotated: a new one wraps all keys, whose ciphertexts stay, and the old one is gone', async () => {
    await storeAll();
    const before = inFile();
    const sealed = (await listProviderKeys(data.db, null)).map((row) => row.sealed.split('.'));
    const rotation = await rotateMasterKeys(data.db, source);
    const after = inFile();
    expect(rotation).toEqual({
      ok: true,
      current: after[0].id,
      rewrapped: 3,
      unreadable: [],
      retired: ids(before),
    });
    expect(after).toHaveLength(1);
    expect(ids(after)).not.toEqual(ids(before));
    expect(await opened(after)).toEqual(ALL);
    expect(new Set(await opened(before))).toEqual(new Set(['unknown_master_key']));
    const now = (await listProviderKeys(data.db, null)).map((row) => row.sealed.split('.'));
    expect(now.map((parts) => parts[3])).toEqual(sealed.map((parts) => parts[3]));
    expect(now.map((parts) => parts[1])).toEqual(OWNERS.map(() => after[0].id));
  });

  it('can be rotated before there is any key', async () => {
    expect(await rotateMasterKeys(data.db, source)).toMatchObject({ ok: true, rewrapped: 0, retired: [] });
    expect(inFile()).toHaveLength(1);
    await rotateMasterKeys(data.db, source);
    expect(inFile()).toHaveLength(1);
  });

  it('leave a key that does not open as it is, and what might open it', async () => {
    await storeAll();
    const [old] = inFile();
    const [ann, bob] = await listProviderKeys(data.db, null);
    if (!ann || !bob) throw new Error('no rows');
    // Bob's sealed text in Ann's row.
    await rewriteProviderKey(data.db, ann.id, bob.sealed);
    expect(await rotateMasterKeys(data.db, source)).toMatchObject({
      ok: true,
      rewrapped: 2,
      unreadable: [{ owner: ann.owner, provider: 'anthropic', reason: 'not_authentic' }],
      retired: [],
    });
    expect(ids(inFile()).slice(1)).toEqual([old.id]);
    expect(await opened(inFile())).toEqual(['not_authentic', ...ALL.slice(1)]);
  });

  const uses = ['before', 'after'].flatMap((moment) =>
    [1, 2, 3, 4].map((number) => [moment, number] as const),
  );
  it.each([...uses, ['wrap', 1] as const, ['wrap', 2] as const, ['wrap', 3] as const])(
    'open every key after a rotation was killed: %s %i',
    async (moment, number) => {
      await storeAll();
      await data.close();
      const child = spawnSync(process.execPath, [CHILD, dataDir, moment, String(number)], {
        encoding: 'utf8',
      });
      await reopen();
      expect([child.signal, child.stderr]).toEqual(['SIGKILL', '']);
      expect(await opened(inFile())).toEqual(ALL);
      // A key can be stored then, and the next rotation tidies up.
      expect(await store('new@example.com')).toMatchObject({ ok: true });
      expect(await rotateMasterKeys(data.db, source)).toMatchObject({ ok: true, unreadable: [] });
      expect(inFile()).toHaveLength(1);
      expect((await opened(inFile())).sort()).toEqual([...ALL, secretOf('new@example.com')].sort());
    },
  );

  it('are read for sealing and changed only by the holder of the write lock of the database', async () => {
    const file = masterKeyFile(data.paths.masterKeys);
    const held: boolean[] = [];
    const watched =
      <Arguments extends unknown[], Result>(use: (...words: Arguments) => Promise<Result>) =>
      (...words: Arguments) => {
        const other = new DatabaseSync(data.paths.database, { timeout: 0 });
        try {
          other.exec('begin immediate');
          held.push(false);
        } catch (error) {
          held.push(/locked/.test(String(error)));
        } finally {
          other.close();
        }
        return use(...words);
      };
    const watching = masterKeySource(null, {
      read: watched(file.read),
      create: watched(file.create),
      replace: watched(file.replace),
    });
    await storeAll(watching);
    await rotateMasterKeys(data.db, watching);
    expect(held.length).toBeGreaterThanOrEqual(8);
    expect(held.every((one) => one)).toBe(true);
    expect(await opened(inFile())).toEqual(ALL);
  });

  it('open every key after several rotations and new keys at once, in several processes', async () => {
    await storeAll();
    const rotate = () =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, [CHILD, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
        let printed = '';
        child.stdout.on('data', (chunk) => {
          printed += chunk;
        });
        child.on('close', () => resolve(printed));
      });
    const children = [rotate(), rotate(), rotate()];
    const own = [rotateMasterKeys(data.db, source), store('new@example.com'), store('ann@example.com')];
    for (const printed of await Promise.all(children)) {
      expect(JSON.parse(printed)).toMatchObject({ rotation: { ok: true, unreadable: [] } });
    }
    expect((await Promise.all(own)).map(({ ok }) => ok)).toEqual([true, true, true]);
    expect((await opened(inFile())).sort()).toEqual([...ALL, secretOf('new@example.com')].sort());
    await rotateMasterKeys(data.db, source);
    expect(inFile()).toHaveLength(1);
  });

  it('of the environment are rotated to the first one, and the others named', async () => {
    const [k1, k2] = [masterKey('k1'), masterKey('k2')];
    const from = (...keys: [MasterKey, ...MasterKey[]]) => masterKeysOf({ masterKeys: keys }, data);
    await storeAll(from(k1));
    expect(existsSync(data.paths.masterKeys)).toBe(false);
    expect(await rotateMasterKeys(data.db, from(k1))).toEqual({
      ok: true,
      current: 'k1',
      rewrapped: 0,
      unreadable: [],
      retired: [],
    });
    expect(await rotateMasterKeys(data.db, from(k2, k1))).toMatchObject({
      current: 'k2',
      rewrapped: 3,
      retired: ['k1'],
    });
    expect(await opened([k2])).toEqual(ALL);
    expect(await rotateMasterKeys(data.db, from(masterKey('k3')))).toMatchObject({
      rewrapped: 0,
      unreadable: OWNERS.map((owner) => ({ owner, reason: 'unknown_master_key' })),
    });
    expect(new Set((await listProviderKeys(data.db, null)).map((row) => masterKeyIdOf(row.sealed)))).toEqual(
      new Set(['k2']),
    );
  });
});
