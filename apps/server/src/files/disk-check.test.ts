import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testWrite } from '@tinyfat/database';
import { openSqlite } from '@tinyfat/database/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskProblem } from './disk-check.ts';

const ROOMY = { bsize: 4096, bavail: 1_000_000, files: 1_000_000, ffree: 500_000 };

/** Root in a container may not be allowed to. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'pipe' });
    execFileSync('umount', [folder], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the disk of DATA_DIR', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tinyfat-disk-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));
  const problem = (change: Partial<typeof ROOMY>) =>
    diskProblem({ dataDir, room: async () => ({ ...ROOMY, ...change }) });

  it('is well where it has room, and keeps nothing of the test', async () => {
    expect(await problem({})).toBeNull();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([
    ['bytes', { bavail: 16_383 }, 'has 63 MB left, and needs 64'],
    ['inodes', { ffree: 999 }, 'has 999 inodes left, and needs 1000'],
  ])('has too few %s', async (_, change, words) => {
    expect(await problem(change)).toContain(words);
  });

  it('needs no inodes where there is no number of them, as on btrfs', async () => {
    expect(await problem({ files: 0, ffree: 0 })).toBeNull();
  });

  it('can not be written where something is in the way', async () => {
    mkdirSync(join(dataDir, '.write-test'));
    expect(await problem({})).toContain('DATA_DIR can not be written (EISDIR)');
  });

  describe.skipIf(!canMount())('as a real file system (which only root can mount)', () => {
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dataDir], { stdio: 'pipe' });
    afterEach(() => {
      execFileSync('umount', ['--lazy', dataDir]);
    });

    it('is full for mails and for the database, and well again once there is space', async () => {
      mount('size=80m');
      const db = await openSqlite(join(dataDir, 'tinyfat.sqlite'));
      expect(await diskProblem({ dataDir })).toBeNull();
      writeFileSync(join(dataDir, 'mail'), new Uint8Array(30 * 1024 * 1024));
      expect(await diskProblem({ dataDir })).toMatch(/has 4\d MB left, and needs 64/);
      try {
        for (let at = 0; ; at++) writeFileSync(join(dataDir, `more-${at}`), new Uint8Array(1024 * 1024));
      } catch {
        // Full, as it should be; what is left of the last megabyte is filled page by page.
      }
      try {
        for (let at = 0; ; at++) writeFileSync(join(dataDir, `rest-${at}`), new Uint8Array(4096));
      } catch {
        // Now to the last page.
      }
      const room = async () => ROOMY;
      expect(await diskProblem({ dataDir, room })).toContain('can not be written (ENOSPC)');
      await expect(
        (async () => {
          for (;;) await testWrite(db);
        })(),
      ).rejects.toThrow(/full/);
      for (const name of readdirSync(dataDir))
        if (/^(?:more|rest|mail)/.test(name)) rmSync(join(dataDir, name));
      expect(await diskProblem({ dataDir })).toBeNull();
      await testWrite(db);
      await db.destroy();
    });

    it('is read-only', async () => {
      mount('size=80m,ro');
      expect(await diskProblem({ dataDir })).toContain('can not be written (EROFS)');
    });
  });
});
