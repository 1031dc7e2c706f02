/**
 * A power cut without cutting power: an ext4 file system in a file, mounted through a loop device. What the kernel has not
 * written to the device when the file is copied would have been lost. Needs root and loop devices.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = '64M';

export interface CuttableDisk {
  /** Where it is mounted. */
  path: string;
  /** Calls `look` with what a machine would find after a power cut at this moment, mounted for that time. */
  cut<T>(look: (path: string) => T): T;
  close(): void;
}

/** Null where this user, or this machine, can't mount one. */
export function openCuttableDisk(): CuttableDisk | null {
  if (process.getuid?.() !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-power-'));
  const [image, path, copy, seen] = ['disk', 'mounted', 'copy', 'seen'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const made of [path, seen]) mkdirSync(made);
    run('truncate', '-s', SIZE, image);
    run('mkfs.ext4', '-q', '-F', image);
    // Nothing is written to the device by itself.
    run('mount', '-o', 'loop,commit=3600', image, path);
  } catch {
    remove();
    return null;
  }
  return {
    path,
    cut(look) {
      copyFileSync(image, copy);
      run('mount', '-o', 'loop', copy, seen);
      try {
        return look(seen);
      } finally {
        run('umount', seen);
      }
    },
    close() {
      run('umount', path);
      remove();
    },
  };
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: 'ignore' });
}
