import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDataFolder, openDataFolder } from '@tinyfat/server/data-folder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainFault } from './known-faults.ts';

describe('DATA_DIR', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tinyfat-folder-'));
    chmodSync(root, 0o755);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  const codeOf = (dataDir: string) => {
    try {
      makeDataFolder(dataDir);
      return null;
    } catch (error) {
      return explainFault(error, { dataDir, builtFolder: '/nowhere' })?.code;
    }
  };

  it('is made with what is above it, and is nobody else’s to enter', () => {
    const dataDir = join(root, 'a/b/data');
    makeDataFolder(dataDir);
    makeDataFolder(dataDir);
    expect(modeOf(dataDir)).toBe(0o700);
  });

  it('is taken where it is empty, a new file system, or ours', async () => {
    mkdirSync(join(root, 'lost+found'));
    mkdirSync(join(root, 'run'));
    mkdirSync(join(root, '.snapshot'));
    makeDataFolder(root);
    expect(modeOf(root)).toBe(0o700);
    await (await openDataFolder({ dataDir: root, database: null })).close();
    writeFileSync(join(root, 'notes-of-mine.txt'), 'x');
    expect(codeOf(root)).toBe(null);
  });

  it('that holds something else is left as it is', () => {
    writeFileSync(join(root, 'notes-of-mine.txt'), 'x');
    expect(codeOf(root)).toBe('data_foreign');
    expect(modeOf(root)).toBe(0o755);
  });

  it('where another process begins at the same moment is no other', () => {
    for (const name of ['run', 'agents', 'sign-in-key.new', 'master-keys'])
      writeFileSync(join(root, name), '');
    expect(codeOf(root)).toBe(null);
  });

  it('where none can be made is refused, and the attempt ends', () => {
    expect(codeOf('/proc/tinyfat/data')).toBe('data_not_a_folder');
    writeFileSync(join(root, 'file'), 'x');
    expect(codeOf(join(root, 'file'))).toBe('data_not_a_folder');
    expect(codeOf(join(root, 'file/data'))).toBe('data_not_a_folder');
  });
});
