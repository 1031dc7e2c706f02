/** DATA_DIR: is it there, whose is it, may this user write it, and nobody else look into it? */
import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, shellWord } from '@tinyfat/core';
import { foreignIn } from '../data-folder.ts';
import { broken, type Check, type Finding, isFolder, note, ok, wordsOf } from './finding.ts';

export interface DataFolderParts {
  dataDir: string;
  /** Of this process. */
  uid: number;
  /** The name of a user, for people. */
  nameOf(uid: number): string;
}

const NAME = 'data folder';

/** What lies directly in it and is written by the server. */
const FILES = [
  'tinyfat.sqlite',
  'tinyfat.sqlite-wal',
  'tinyfat.sqlite-shm',
  'server.json',
  'raw-mail',
  'mailbox',
  'run',
];

/** Looks at the folder and at what the server itself has in it; makes nothing. */
export function dataFolderCheck(parts: DataFolderParts): Check {
  return { name: NAME, look: () => look(parts) };
}

function look(parts: DataFolderParts): Finding {
  const { dataDir } = parts;
  let found: Stats;
  try {
    found = statSync(dataDir);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? absent(parts) : broken(NAME, wordsOf(error), canEnter(parts));
  }
  if (!found.isDirectory())
    return broken(
      NAME,
      `${dataDir} is no folder`,
      'Set DATA_DIR to a folder, or to a path where there is nothing yet.',
    );
  return (
    whose(parts, found) ??
    foreign(dataDir) ??
    writable(parts) ??
    strangersFiles(parts, found.uid) ??
    open(dataDir, found)
  );
}

/** A start refuses it: the mode of somebody else's folder would be changed. */
function foreign(dataDir: string): Finding | null {
  try {
    const name = foreignIn(dataDir);
    if (name === null) return null;
    return broken(
      NAME,
      `${dataDir} holds ${name}, and no tinyfat.sqlite`,
      'Set DATA_DIR to a folder of its own.',
    );
  } catch {
    // What can't be listed can't be written either, which is said next.
    return null;
  }
}

/** The nearest folder above that is there decides whether the first start can make it. */
function absent(parts: DataFolderParts): Finding {
  const above = nearestFolder(parts.dataDir);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch {
    const user = shellWord(parts.nameOf(parts.uid));
    return broken(
      NAME,
      `${parts.dataDir} is not there, and ${parts.nameOf(parts.uid)} can not make it in ${above}`,
      'Make it for the user that the server runs as:',
      `sudo install -d -o ${user} -m 0700 ${shellWord(parts.dataDir)}`,
    );
  }
  return note(
    NAME,
    `${parts.dataDir} is not there yet`,
    'The first start makes it. If it should be there, check DATA_DIR.',
  );
}

/** The path itself, or the first of the folders above it that is there. */
export function nearestFolder(path: string): string {
  if (isFolder(path)) return path;
  const above = dirname(path);
  return above === path ? path : nearestFolder(above);
}

function whose({ dataDir, uid, nameOf }: DataFolderParts, found: Stats): Finding | null {
  if (found.uid === uid) return null;
  const theirs = nameOf(found.uid);
  const text = `${dataDir} belongs to ${theirs}, and this is ${nameOf(uid)}`;
  if (uid === 0)
    return note(
      NAME,
      text,
      `Run tinyfat as ${theirs}: files that root makes there can not be read by a server of ${theirs}.`,
      `runuser -u ${shellWord(theirs)} -- tinyfat doctor`,
    );
  return broken(
    NAME,
    text,
    `Run tinyfat as ${theirs}; or give the folder to this user, with the server stopped:`,
    `sudo chown -R ${shellWord(nameOf(uid))} ${shellWord(dataDir)}`,
  );
}

function writable(parts: DataFolderParts): Finding | null {
  try {
    accessSync(parts.dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    if (errorCode(error) === 'EROFS')
      return broken(
        NAME,
        `${parts.dataDir} is on a file system that is mounted read-only`,
        'Mount it read-write; in a systemd unit, StateDirectory= or ReadWritePaths= with this folder.',
      );
    return broken(
      NAME,
      `${parts.dataDir} can not be written by this user`,
      null,
      `chmod 0700 ${shellWord(parts.dataDir)}`,
    );
  }
}

/** A command that was run as another user left what the server can't open. */
function strangersFiles({ dataDir, nameOf }: DataFolderParts, owner: number): Finding | null {
  const strange = FILES.flatMap((name) => {
    const found = lstatSync(join(dataDir, name), { throwIfNoEntry: false });
    return found !== undefined && found.uid !== owner ? [`${name} (${nameOf(found.uid)})`] : [];
  });
  if (strange.length === 0) return null;
  const paths = strange.map((entry) => shellWord(join(dataDir, entry.replace(/ \(.*$/, ''))));
  return broken(
    NAME,
    `in the folder of ${nameOf(owner)} these belong to somebody else: ${strange.join(', ')}`,
    'A command was run as another user. With the server stopped:',
    `sudo chown -R ${shellWord(nameOf(owner))} ${paths.join(' ')}`,
  );
}

function open(dataDir: string, found: Stats): Finding {
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  if ((found.mode & 0o077) === 0) return ok(NAME, `${dataDir}, mode ${mode}`);
  return note(
    NAME,
    `${dataDir} can be entered by other users (mode ${mode})`,
    'Each start makes it 0700; until then:',
    `chmod 0700 ${shellWord(dataDir)}`,
  );
}

function canEnter({ uid, nameOf, dataDir }: DataFolderParts): string {
  return `Let ${nameOf(uid)} enter the folders above ${dataDir}, or set DATA_DIR to another folder.`;
}
