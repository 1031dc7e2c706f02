import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMasterKey } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { masterKeyFile } from './master-key-file.ts';

describe('the file of generated master keys', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tinyfat's-keys-"));
    path = join(folder, 'master-keys');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const [one, two] = [newMasterKey(randomBytes), newMasterKey(randomBytes)];
  const refusal = async () => {
    const read = await masterKeyFile(path).read();
    if (read.ok) throw new Error('it was read');
    expect(read.detail).not.toContain(readable(path).slice(0, 20) || 'no text');
    return read;
  };

  it('is made and replaced whole, with 0600 whatever the mask is, and nothing is left beside it', async () => {
    const mask = process.umask(0);
    try {
      await masterKeyFile(path).create([one]);
      expect(await masterKeyFile(path).read()).toEqual({ ok: true, keys: [one] });
      await masterKeyFile(path).replace([two, one]);
    } finally {
      process.umask(mask);
    }
    expect(await masterKeyFile(path).read()).toEqual({ ok: true, keys: [two, one] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['master-keys']);
  });

  it('is never made in the place of one that is there', async () => {
    await masterKeyFile(path).create([one]);
    await expect(masterKeyFile(path).create([two])).rejects.toThrow(/EEXIST/);
    expect(await masterKeyFile(path).read()).toEqual({ ok: true, keys: [one] });
    expect(readdirSync(folder)).toEqual(['master-keys']);
  });

  it('is written past whatever lies at its temporary name', async () => {
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'kept');
    symlinkSync(elsewhere, `${path}.new`);
    await masterKeyFile(path).create([one]);
    writeFileSync(`${path}.new`, 'half a line', { mode: 0o666 });
    await masterKeyFile(path).replace([two]);
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
    expect(await masterKeyFile(path).read()).toEqual({ ok: true, keys: [two] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is missing when it is missing', async () => {
    expect(await refusal()).toMatchObject({ code: 'master_keys_missing' });
  });

  it.each([0o644, 0o640, 0o620, 0o601, 0o666])(
    'is refused with mode %o, and mended by the line that is named',
    async (mode) => {
      await masterKeyFile(path).create([one]);
      chmodSync(path, mode);
      const { code, detail } = await refusal();
      expect(code).toBe('master_keys_unsafe');
      const line = /run: (.+)$/.exec(detail)?.[1] ?? '';
      expect(spawnSync('sh', ['-c', line]).status).toBe(0);
      expect(await masterKeyFile(path).read()).toEqual({ ok: true, keys: [one] });
    },
  );

  it.runIf(process.getuid?.() === 0)('is refused when it belongs to somebody else', async () => {
    await masterKeyFile(path).create([one]);
    chownSync(path, 4711, 4711);
    const { code, detail } = await refusal();
    expect(code).toBe('master_keys_unsafe');
    expect(detail).toContain('chown 0 ');
  });

  it('is refused as a link, a folder or a pipe', async () => {
    await masterKeyFile(path).create([one]);
    renameSync(path, `${path}.moved`);
    symlinkSync(`${path}.moved`, path);
    expect(await refusal()).toMatchObject({ code: 'master_keys_unsafe' });
    rmSync(path);
    mkdirSync(path, { mode: 0o700 });
    expect(await refusal()).toMatchObject({ code: 'master_keys_unsafe' });
    rmSync(path, { recursive: true });
    expect(spawnSync('mkfifo', ['-m', '600', path]).status).toBe(0);
    expect(await refusal()).toMatchObject({ code: 'master_keys_unsafe' });
  });

  it.each(['', 'k1', `k1:${'A'.repeat(43)}`, 'sk-ant-not-a-master-key', '\u0000'.repeat(100)])(
    'is refused with %j in it, without showing it',
    async (text) => {
      writeFileSync(path, text, { mode: 0o600 });
      expect(await refusal()).toMatchObject({
        code: 'master_keys_unreadable',
        detail: expect.stringContaining('master-keys is wrong in entry 1'),
      });
    },
  );
});

function readable(path: string): string {
  try {
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}
