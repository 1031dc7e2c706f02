/** Where the copy of the database lies while a backup is written: in `run/`, under the name of the process. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '@tinyfat/core';

const NAME = /^backup-(\d+)\.sqlite/;

/** Gives the path for this process, and removes what backups left that were killed. */
export function scratchForBackup(dataDir: string): string {
  const run = join(dataDir, 'run');
  mkdirSync(run, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(run)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid > 0 && (pid === process.pid || !lives(pid))) rmSync(join(run, name), { force: true });
  }
  return join(run, `backup-${process.pid}.sqlite`);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
