/** The way back from an upgrade: a copy of the database as it was, beside it. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { renderError } from '@tinyfat/core';
import { snapshotSqlite } from './whole-file.ts';

/** Copies that stay: of the last upgrades. */
const COPIES = 3;

/** An upgrade is not begun, because its copy would not fit on the disk. The message has its next step. */
export class NoRoomForCopyError extends Error {
  override name = 'NoRoomForCopyError';
  readonly code = 'upgrade_no_room';
  readonly detail: string;

  constructor(path: string, needed: number, free: number) {
    const mib = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
    const detail = `Beside ${path} ${mib(needed)} are needed and ${mib(free)} are free.`;
    super(renderError('upgrade_no_room', detail));
    this.detail = detail;
  }
}

/**
 * Copies what is committed into `{path}.before-{migration}`, fsyncs it, and gives its path; `migration` is the first of
 * those that are to come. Only the copies of the last three upgrades stay. The caller holds the write lock, so that
 * nobody else writes to either. Throws where the disk does not take it.
 */
export function copyBeforeUpgrade(path: string, migration: string): string {
  const copy = `${path}.before-${migration}`;
  const unfinished = `${copy}.unfinished`;
  rmSync(unfinished, { force: true });
  const bytes = statSync(path).size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  const { bavail, bsize } = statfsSync(dirname(path));
  // The upgrade itself needs as much again in its log.
  if (bavail * bsize < 3 * bytes) throw new NoRoomForCopyError(path, 3 * bytes, bavail * bsize);
  snapshotSqlite(path, unfinished);
  renameSync(unfinished, copy);
  for (const old of copiesOf(path).slice(COPIES)) rmSync(old);
  syncFolder(dirname(path));
  return copy;
}

/** The newest first. */
function copiesOf(path: string): string[] {
  const beginning = `${basename(path)}.before-`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(beginning) && !name.endsWith('.unfinished'))
    .map((name) => join(dirname(path), name))
    .map((copy) => ({ copy, at: statSync(copy).mtimeMs }))
    .sort((one, other) => other.at - one.at)
    .map(({ copy }) => copy);
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
