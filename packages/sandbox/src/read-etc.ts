/**
 * Reads named parts of the host's /etc. Taken is only what every user of the machine may read anyway: plain files and
 * folders that are open to all, and links that stay links, so that inside they lead to nothing that is not shown there.
 * No device, pipe or socket; no way through a link in the middle of a path; all of it bounded.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { lookAt, namesIn } from './look.ts';

/** What a path below /etc is inside. */
export type EtcEntry = { kind: 'folder' } | { kind: 'file'; bytes: Buffer } | { kind: 'link'; to: string };

/** By path relative to /etc, folders before what is in them. */
export type EtcEntries = Map<string, EtcEntry>;

/** Of everything together. */
const MOST = { entries: 4000, bytes: 32 << 20 };
const FILE_BYTES = 4 << 20;
const DEPTH = 8;

const ENTER = 0o001;
const ENTER_AND_LIST = 0o005;

/**
 * Reads what `paths` name below `etc`. What is not there, or not fit to be shown, is left out; never throws.
 *
 * @param paths - relative; `*` stands for any part of one name
 */
export function readEtc(paths: readonly string[], etc = '/etc', most = MOST): EtcEntries {
  const entries: EtcEntries = new Map();
  const left = { ...most };
  for (const path of paths.flatMap((pattern) => expand(pattern, etc))) {
    if (foldersAbove(path).every((folder) => isOpenFolder(join(etc, folder), ENTER)))
      take({ path, etc, depth: 0 }, entries, left);
  }
  for (const [path, entry] of entries)
    if (entry.kind === 'link' && !leadsToShown(path, entry.to, entries)) entries.delete(path);
  return entries;
}

/** Links stay that lead into /usr, or to what was read of /etc itself. */
function leadsToShown(path: string, to: string, entries: EtcEntries): boolean {
  const target = resolve(dirname(join('/etc', path)), to);
  return target.startsWith('/usr/') || entries.has(relative('/etc', target));
}

/** Whether it is a folder itself, no link to one, that everybody may enter, and list as well where `mode` is absent. */
export function isOpenFolder(path: string, mode = ENTER_AND_LIST): boolean {
  const found = lookAt(path);
  return found?.isDirectory() === true && (found.mode & mode) === mode;
}

/** `a/b` and `a` of `a/b/c`, the upper one first. */
function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === '.' ? [] : [...foldersAbove(above), above];
}

/** The paths that a pattern stands for, by name. */
function expand(pattern: string, etc: string): string[] {
  const begin = [''];
  return pattern.split('/').reduce((found, segment) => {
    if (!segment.includes('*')) return found.map((path) => join(path, segment));
    const wanted = new RegExp(`^${segment.split('*').map(escaped).join('.*')}$`);
    return found.flatMap((path) =>
      namesIn(join(etc, path))
        .filter((name) => wanted.test(name))
        .map((name) => join(path, name)),
    );
  }, begin);
}

interface Place {
  path: string;
  etc: string;
  depth: number;
}

function take(place: Place, entries: EtcEntries, left: typeof MOST): void {
  const { path, etc, depth } = place;
  const entry = left.entries > 0 && depth <= DEPTH ? readEntry(path, etc, left.bytes) : null;
  if (entry === null) return;
  left.entries -= 1;
  if (entry.kind === 'file') left.bytes -= entry.bytes.length;
  for (const folder of foldersAbove(path)) entries.set(folder, { kind: 'folder' });
  entries.set(path, entry);
  if (entry.kind !== 'folder') return;
  for (const name of namesIn(join(etc, path)))
    take({ path: join(path, name), etc, depth: depth + 1 }, entries, left);
}

function readEntry(path: string, etc: string, bytesLeft: number): EtcEntry | null {
  const place = join(etc, path);
  const found = lookAt(place);
  if (found?.isSymbolicLink()) return readLink(place);
  if (found?.isDirectory()) return isOpenFolder(place) ? { kind: 'folder' } : null;
  if (found?.isFile()) return readFile(place, Math.min(FILE_BYTES, bytesLeft));
  return null;
}

function readLink(place: string): EtcEntry | null {
  try {
    return { kind: 'link', to: readlinkSync(place) };
  } catch {
    return null;
  }
}

/** Judged once it is open: what a path leads to may change. */
function readFile(place: string, most: number): EtcEntry | null {
  try {
    const file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      const fit = found.isFile() && (found.mode & 0o004) !== 0 && found.size <= most;
      return fit ? { kind: 'file', bytes: readFileSync(file) } : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

const escaped = (text: string) => text.replace(/[^A-Za-z0-9]/g, '\\$&');
