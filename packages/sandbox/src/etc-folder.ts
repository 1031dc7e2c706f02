/** The folder that is /etc inside: one user, localhost, and a copy of what is shown of the host's. */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BOUND_OF_ETC, SHOWN_OF_ETC } from './etc-list.ts';
import { lookAt } from './look.ts';
import { type EtcEntries, type EtcEntry, isOpenFolder, readEtc } from './read-etc.ts';
import type { Inside } from './view.ts';

/**
 * Debian's start script of Chromium reads it. Its own sandbox needs namespaces, which are refused inside; ours is around
 * it. What it would say of buses that are not there is no use to anybody, nor is its cache in the next turn.
 */
const CHROMIUM = `export CHROMIUM_FLAGS="$CHROMIUM_FLAGS --no-sandbox --log-level=3"
export XDG_CACHE_HOME="\${TMPDIR:-/tmp}/.cache"
`;

/** The user inside, whose name is in `passwd` and `group`. */
type EtcOwner = Pick<Inside, 'uid' | 'gid'>;

/**
 * Makes the folder, and gives a function that returns its path, after making it anew where one of the copied folders has
 * changed meanwhile (a package was installed). A file that is edited in place shows only after the next start. Running
 * sandboxes see the new content.
 */
export function etcFolder(runtimeFolder: string, owner: EtcOwner, etc = '/etc'): () => string {
  let made = makeEtcFolder(runtimeFolder, owner, etc);
  return () => {
    const unchanged = made.stamp !== null && made.stamp === stampOf(made.sources);
    if (!unchanged) made = makeEtcFolder(runtimeFolder, owner, etc);
    return made.path;
  };
}

/** The parts of the host's /etc that are mounted into the folder: paths relative to it. */
export function boundOfEtc(etc = '/etc'): string[] {
  return BOUND_OF_ETC.filter((path) => isOpenFolder(join(etc, path)));
}

interface MadeFolder {
  path: string;
  /** Folders of the host that it was made from, and what they were like; null while they may change unseen. */
  sources: string[];
  stamp: string | null;
}

/** Changes of a folder that follow each other more closely can bear the same time: the kernel's clock ticks. */
const TICK_MS = 100;

/**
 * Readable for every user, whatever our umask. The same for every process with these ids, so making it again is
 * harmless: only what differs is replaced, each file at once.
 */
function makeEtcFolder(runtimeFolder: string, owner: EtcOwner, etc: string): MadeFolder {
  const path = join(runtimeFolder, `etc-${owner.uid}-${owner.gid}`);
  const copied = readEtc(SHOWN_OF_ETC, etc);
  const sources = [
    etc,
    ...[...copied].flatMap(([at, { kind }]) => (kind === 'folder' ? [join(etc, at)] : [])),
  ];
  const stamp = stampOf(sources);
  const entries: EtcEntries = new Map([...copied, ...ownEntries(owner, copied)]);
  for (const bound of boundOfEtc(etc)) entries.set(bound, { kind: 'folder' });
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
  // Not by the number of this process: other containers have theirs.
  const unfinished = join(runtimeFolder, `.etc-${randomUUID()}`);
  for (const [at, entry] of entries) put(join(path, at), entry, unfinished);
  removeOthers(path, '', entries);
  return { path, sources, stamp };
}

function ownEntries({ uid, gid }: EtcOwner, copied: EtcEntries): EtcEntries {
  const file = (text: string): EtcEntry => ({ kind: 'file', bytes: Buffer.from(text) });
  const own: EtcEntries = new Map([
    ['passwd', file(`agent:x:${uid}:${gid}:agent:/data:/bin/bash\n`)],
    ['group', file(`agent:x:${gid}:\n`)],
    ['hosts', file('127.0.0.1 localhost\n::1 localhost\n')],
    ['nsswitch.conf', file('passwd: files\ngroup: files\nhosts: files dns\n')],
  ]);
  if (copied.get('chromium.d')?.kind === 'folder') own.set('chromium.d/zz-in-sandbox', file(CHROMIUM));
  return own;
}

function put(path: string, entry: EtcEntry, unfinished: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (entry.kind === 'folder') {
    putFolder(path, found);
    return;
  }
  if (found?.isDirectory()) rmSync(path, { recursive: true });
  if (entry.kind === 'link') {
    if (found?.isSymbolicLink() && readlinkSync(path) === entry.to) return;
    symlinkSync(entry.to, unfinished);
  } else {
    const same = found?.isFile() && found.size === entry.bytes.length && (found.mode & 0o777) === 0o644;
    if (same && readFileSync(path).equals(entry.bytes)) return;
    writeFileSync(unfinished, entry.bytes);
    chmodSync(unfinished, 0o644);
  }
  renameSync(unfinished, path);
}

function putFolder(path: string, found: Stats | undefined): void {
  if (!found?.isDirectory()) {
    rmSync(path, { force: true });
    mkdirSync(path);
  }
  chmodSync(path, 0o755);
}

function removeOthers(folder: string, at: string, entries: EtcEntries): void {
  for (const name of readdirSync(join(folder, at))) {
    const path = join(at, name);
    const entry = entries.get(path);
    if (entry === undefined) rmSync(join(folder, path), { recursive: true, force: true });
    else if (entry.kind === 'folder') removeOthers(folder, path, entries);
  }
}

/** What the folders are like; null when one has changed just now, so that a second change could not be seen. */
function stampOf(folders: readonly string[]): string | null {
  const now = Date.now();
  const found = folders.map(lookAt);
  if (found.some((stats) => Math.abs(now - (stats?.mtimeMs ?? 0)) < TICK_MS)) return null;
  return found.map((stats) => `${stats?.ino}:${stats?.mtimeMs}`).join(' ');
}
