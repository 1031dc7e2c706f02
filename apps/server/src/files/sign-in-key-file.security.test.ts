import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MasterKey } from '@tinyfat/core';
import { rotateMasterKeys, transactOnce } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, masterKeysOf, openDataFolder } from '../data-folder.ts';
import { readSignInKey } from './sign-in-key-file.ts';

describe('the key under sign-in', () => {
  let folder: string;
  let data: DataFolder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-sign-in-key-'));
    data = await openDataFolder({ dataDir: folder, database: null });
  });
  afterEach(async () => {
    await data.close();
    await rm(folder, { recursive: true, force: true });
  });
  const tryRead = (set: MasterKey | null = null) =>
    transactOnce(data.db, [], (tx) => readSignInKey(tx, set, data.paths.signInKey));
  const read = async () => {
    const found = await tryRead();
    if (!found.ok) throw new Error(found.detail);
    return Buffer.from(found.bytes).toString('hex');
  };

  it('is made once, for this user alone', async () => {
    const [first, second] = await Promise.all([read(), read()]);
    expect(first).toHaveLength(64);
    expect(second).toBe(first);
    expect(await read()).toBe(first);
    expect((await stat(join(folder, 'sign-in-key'))).mode & 0o777).toBe(0o600);
  });

  it('is that of the settings where there is one, and then no file is made', async () => {
    const bytes = new Uint8Array(randomBytes(32));
    expect(await tryRead({ id: 's1', bytes })).toEqual({ ok: true, bytes });
    expect(existsSync(join(folder, 'sign-in-key'))).toBe(false);
  });

  it('is none of the master keys, whose rotation leaves it alone', async () => {
    const before = await read();
    const source = masterKeysOf({ masterKeys: null }, data);
    await rotateMasterKeys(data.db, source);
    await rotateMasterKeys(data.db, source);
    expect(await read()).toBe(before);
    expect(await readFile(join(folder, 'master-keys'), 'utf8')).not.toContain(before);
  });

  it('is refused where others can read it, or it is no key, and never made anew then', async () => {
    await read();
    const path = join(folder, 'sign-in-key');
    await chmod(path, 0o644);
    expect(await tryRead()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('chmod 600'),
    });
    await writeFile(path, 'nonsense\n');
    await chmod(path, 0o600);
    expect((await tryRead()).ok).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('nonsense\n');
  });
});
