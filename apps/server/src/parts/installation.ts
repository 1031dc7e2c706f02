/**
 * Whether this process belongs to the installation of its database. Processes of several machines share a database; one
 * with other keys would sign people out and open no stored key, and one with another storage would find no mail. The first
 * process notes what it has, and the others compare. On SQLite all lies in one folder, and nothing is compared.
 */
import { randomBytes } from 'node:crypto';
import {
  describeError,
  type ErrorCode,
  type MasterKey,
  type MasterKeys,
  newMasterKey,
  type RawMailStore,
  type Runtime,
} from '@tinyfat/core';
import {
  type Database,
  fingerprintOf,
  forgetInstallation,
  type InstallationMarks,
  installationMarks,
  isPostgres,
  noteMasterKeys,
  noteSignInKey,
  noteStorage,
  transactOnce,
} from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';
import type { Config } from '../config.ts';
import { type DataFolder, masterKeysOf } from '../data-folder.ts';
import { readSignInKey } from '../files/sign-in-key-file.ts';
import { type Part, StartRefused } from './part.ts';

interface InstallationDeps extends Pick<Runtime, 'makeId'> {
  /** Notes what this process has in the place of what was noted before. */
  adopt: boolean;
  /** It signs sessions. */
  isPlatform: boolean;
}

type Keys = Pick<Config, 'masterKeys' | 'signInKey'>;
type Compared = Pick<DataFolder, 'db' | 'paths' | 'folders' | 'rawMail'>;

/** Of all that is compared; the last two are also taken by those who change these keys. */
const LOCKS = ['installation:marks', 'master-keys:all', 'sign-in:key'] as const;

const MARK = new TextEncoder().encode(
  'This message is no mail: it shows that the storage belongs to the database that names it.\r\n',
);
const MARK_FILE = 'README.md';
const MARK_TEXT = 'No agent: this folder shows that the storage belongs to the database that names it.\n';

/** Compares, or notes what was not noted yet. */
export function installation(keys: Keys, data: Compared, deps: InstallationDeps): Part<void> {
  return {
    name: 'installation',
    async start() {
      if (!isPostgres(data.db)) return;
      await transactOnce(data.db, LOCKS, async (tx) => {
        if (deps.adopt) await forgetInstallation(tx);
        const marks = await installationMarks(tx);
        await compareMasterKeys(tx, keys, data, marks);
        if (deps.isPlatform) await compareSignInKey(tx, keys, data, marks);
        await compareStorage(tx, data, marks, deps);
      });
    },
  };
}

/** The keys of an installation. */
export interface InstallationKeys {
  masterKeys: MasterKeys;
  signInKey: MasterKey;
}

/**
 * The keys of the settings, else those in the files of the data folder, which are made where the installation has none yet.
 * Throws `StartRefused` where the database belongs to an installation with others, unless it is adopted.
 */
export async function installationKeys(
  keys: Keys,
  data: Pick<Compared, 'db' | 'paths'>,
  { adopt }: Pick<InstallationDeps, 'adopt'>,
): Promise<InstallationKeys> {
  return await transactOnce(data.db, LOCKS, async (tx) => {
    if (adopt) await forgetInstallation(tx);
    const marks = await installationMarks(tx);
    const masterKeys = await compareMasterKeys(tx, keys, data, marks);
    await compareSignInKey(tx, keys, data, marks);
    const found = keys.signInKey ?? (await firstKey(data.paths.signInKey));
    return { masterKeys, signInKey: found };
  });
}

async function firstKey(path: string): Promise<MasterKey> {
  const found = await masterKeyFile(path).read();
  if (!found.ok) throw new StartRefused(found.detail, describeError(found.code).nextStep);
  return found.keys[0];
}

/** Keys come and go by their rotation: one that was noted is enough, and none may have the name of another. */
async function compareMasterKeys(
  tx: Database,
  keys: Keys,
  data: Pick<Compared, 'db' | 'paths'>,
  { masterKeys: noted }: InstallationMarks,
): Promise<MasterKeys> {
  const source = masterKeysOf(keys, data);
  let found = await source.read();
  if (!found.ok && found.code === 'master_keys_missing') {
    if (noted.size > 0) throw refused('installation_other_master_keys', found.detail);
    await masterKeyFile(data.paths.masterKeys).create([newMasterKey(randomBytes)]);
    found = await source.read();
  }
  if (!found.ok) throw new StartRefused(found.detail, describeError(found.code).nextStep);
  let common = noted.size === 0;
  for (const key of found.keys) {
    const before = noted.get(key.id);
    if (before === undefined) continue;
    if (before !== (await fingerprintOf(key))) {
      throw refused('installation_other_master_keys', `The key ${key.id} is another one.`);
    }
    common = true;
  }
  if (!common) {
    const names = [...noted.keys()].join(', ');
    throw refused('installation_other_master_keys', `None of them is one of ${names}.`);
  }
  await noteMasterKeys(tx, found.keys);
  return found.keys;
}

async function compareSignInKey(
  tx: Database,
  keys: Keys,
  { paths }: Pick<Compared, 'paths'>,
  { signInKey: noted }: InstallationMarks,
): Promise<void> {
  const read = await readSignInKey(tx, keys.signInKey, paths.signInKey, noted === null);
  if (!read.ok) throw refused('installation_other_sign_in_key', read.detail);
  if (noted !== null && noted !== (await fingerprintOf(read))) {
    throw refused('installation_other_sign_in_key', null);
  }
  await noteSignInKey(tx, read);
}

async function compareStorage(
  tx: Database,
  data: Compared,
  { storage: noted }: InstallationMarks,
  { makeId }: InstallationDeps,
): Promise<void> {
  if (noted === null) {
    const mark = makeId();
    await data.rawMail.put(mark, MARK);
    await data.folders.create(mark, { [MARK_FILE]: MARK_TEXT });
    await noteStorage(tx, mark);
    return;
  }
  const problem = (await missingMail(data.rawMail, noted)) ?? (await missingFolder(data, noted));
  if (problem !== null) throw refused('installation_other_storage', problem);
}

async function missingMail(rawMail: RawMailStore, mark: string): Promise<string | null> {
  try {
    await rawMail.get(mark);
    return null;
  } catch (error) {
    return `Raw mail: ${wordsOf(error)}`;
  }
}

async function missingFolder({ folders }: Pick<Compared, 'folders'>, mark: string): Promise<string | null> {
  try {
    const read = await folders.read(mark, MARK_FILE, MARK_TEXT.length);
    return read.ok ? null : `Agents’ folders: ${read.detail}`;
  } catch (error) {
    return `Agents’ folders: ${wordsOf(error)}`;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function refused(code: ErrorCode, detail: string | null): StartRefused {
  const { sentence, nextStep } = describeError(code);
  return new StartRefused(detail === null ? sentence : `${sentence} ${detail}`, nextStep);
}
