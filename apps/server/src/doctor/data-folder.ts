/** DATA_DIR: is it there, whose is it, may this user write it, and nobody else look into it? */
import { accessSync, constants, existsSync, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, errorCode, shellWord } from '@tinyfat/core';
import { dataPaths, foreignIn } from '../data-folder.ts';
import { broken, type Check, isFolder, note, type Observation, ok, wordsOf } from './finding.ts';

interface DataFolderDeps {
  dataDir: string;
  /** Of this process. */
  uid: number;
  /** The name of a user, for people. */
  nameOf(uid: number): string;
}

/** What the server writes directly in it. */
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
export function dataFolderCheck(deps: DataFolderDeps): Check {
  return { name: 'data folder', look: () => look(deps) };
}

function look(deps: DataFolderDeps): Observation {
  const { dataDir } = deps;
  let found: Stats;
  try {
    found = statSync(dataDir);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? absent(deps) : broken(wordsOf(error), canEnter(deps));
  }
  if (!found.isDirectory())
    return broken(
      `${dataDir} is no folder`,
      'Set DATA_DIR to a folder, or to a path where there is nothing yet.',
    );
  return (
    whose(deps, found) ??
    foreign(dataDir) ??
    halfRestored(dataDir) ??
    writable(deps) ??
    strangersFiles(deps, found.uid) ??
    open(dataDir, found)
  );
}

/** A start refuses such a folder, whose mode it would change. */
function foreign(dataDir: string): Observation | null {
  try {
    const name = foreignIn(dataDir);
    if (name === null) return null;
    return broken(`${dataDir} holds ${name}, and no tinyfat.sqlite`, 'Set DATA_DIR to a folder of its own.');
  } catch {
    // A folder that can't be listed can't be written, which `writable` says.
    return null;
  }
}

/** Nothing opens such a folder. */
function halfRestored(dataDir: string): Observation | null {
  if (!existsSync(dataPaths(dataDir).unfinished)) return null;
  const { sentence, nextStep } = describeError('restore_unfinished');
  return broken(sentence, nextStep);
}

/** The nearest folder above that is there decides whether the first start can make it. */
function absent(deps: DataFolderDeps): Observation {
  const above = nearestFolder(deps.dataDir);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch {
    const user = shellWord(deps.nameOf(deps.uid));
    return broken(
      `${deps.dataDir} is not there, and ${deps.nameOf(deps.uid)} can not make it in ${above}`,
      'Make it for the user that the server runs as:',
      `sudo install -d -o ${user} -m 0700 ${shellWord(deps.dataDir)}`,
    );
  }
  return note(
    `${deps.dataDir} is not there yet`,
    'The first start makes it. If it should be there, check DATA_DIR.',
  );
}

/** The path itself, or the first of the folders above it that is there. */
export function nearestFolder(path: string): string {
  if (isFolder(path)) return path;
  const above = dirname(path);
  return above === path ? path : nearestFolder(above);
}

function whose({ dataDir, uid, nameOf }: DataFolderDeps, found: Stats): Observation | null {
  if (found.uid === uid) return null;
  const theirs = nameOf(found.uid);
  const text = `${dataDir} belongs to ${theirs}, and this is ${nameOf(uid)}`;
  if (uid === 0)
    return note(
      text,
      `Run tinyfat as ${theirs}: files that root makes there can not be read by a server of ${theirs}.`,
      `runuser -u ${shellWord(theirs)} -- tinyfat doctor`,
    );
  return broken(
    text,
    `Run tinyfat as ${theirs}; or give the folder to this user, with the server stopped:`,
    `sudo chown -R ${shellWord(nameOf(uid))} ${shellWord(dataDir)}`,
  );
}

function writable(deps: DataFolderDeps): Observation | null {
  try {
    accessSync(deps.dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    if (errorCode(error) === 'EROFS')
      return broken(
        `${deps.dataDir} is on a file system that is mounted read-only`,
        'Mount it read-write; in a systemd unit, StateDirectory= or ReadWritePaths= with this folder.',
      );
    return broken(
      `${deps.dataDir} can not be written by this user`,
      null,
      `chmod 0700 ${shellWord(deps.dataDir)}`,
    );
  }
}

/** Files that a command run as another user has left, and that the server can't open. */
function strangersFiles({ dataDir, nameOf }: DataFolderDeps, owner: number): Observation | null {
  const strange = FILES.flatMap((name) => {
    const found = lstatSync(join(dataDir, name), { throwIfNoEntry: false });
    return found !== undefined && found.uid !== owner ? [`${name} (${nameOf(found.uid)})`] : [];
  });
  if (strange.length === 0) return null;
  const paths = strange.map((entry) => shellWord(join(dataDir, entry.replace(/ \(.*$/, ''))));
  return broken(
    `in the folder of ${nameOf(owner)} these belong to somebody else: ${strange.join(', ')}`,
    'A command was run as another user. With the server stopped:',
    `sudo chown -R ${shellWord(nameOf(owner))} ${paths.join(' ')}`,
  );
}

function open(dataDir: string, found: Stats): Observation {
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  if ((found.mode & 0o077) === 0) return ok(`${dataDir}, mode ${mode}`);
  return note(
    `${dataDir} can be entered by other users (mode ${mode})`,
    'Each start makes it 0700; until then:',
    `chmod 0700 ${shellWord(dataDir)}`,
  );
}

function canEnter({ uid, nameOf, dataDir }: DataFolderDeps): string {
  return `Let ${nameOf(uid)} enter the folders above ${dataDir}, or set DATA_DIR to another folder.`;
}
