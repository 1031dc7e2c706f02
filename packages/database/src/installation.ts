/**
 * What shows whether a process belongs to the installation of a database: fingerprints of the keys, from which no key can
 * be found, and the name of a mark in the storage of mails and folders.
 */
import { type MasterKey, type MasterKeys, sha256Hex } from '@tinyfat/core';
import type { Database } from './schema/index.ts';

const MASTER_KEY = 'master_key:';
const SIGN_IN_KEY = 'sign_in_key';
const STORAGE = 'storage';
const FINGERPRINT_LENGTH = 32;
const PURPOSE = new TextEncoder().encode('tinyfat fingerprint of a key\n');

/** What is known of the installation; null for what no process has noted yet. */
export interface InstallationMarks {
  /** Fingerprints by the ids of keys. */
  masterKeys: ReadonlyMap<string, string>;
  signInKey: string | null;
  storage: string | null;
}

/** Reads them inside a transaction that has locked `installation:marks`, `master-keys:all` and `sign-in:key`. */
export async function installationMarks(tx: Database): Promise<InstallationMarks> {
  const rows = await tx.selectFrom('installation_marks').selectAll().execute();
  const noted = (name: string) => rows.find((row) => row.name === name)?.value ?? null;
  const keys = rows.filter(({ name }) => name.startsWith(MASTER_KEY));
  return {
    masterKeys: new Map(keys.map(({ name, value }) => [name.slice(MASTER_KEY.length), value])),
    signInKey: noted(SIGN_IN_KEY),
    storage: noted(STORAGE),
  };
}

/** Forgets all of them: the next process that looks notes its own. */
export async function forgetInstallation(tx: Database): Promise<void> {
  await tx.deleteFrom('installation_marks').execute();
}

/** Notes that the installation has these master keys; those that were noted before stay. */
export async function noteMasterKeys(tx: Database, keys: MasterKeys): Promise<void> {
  for (const key of keys) await note(tx, `${MASTER_KEY}${key.id}`, await fingerprintOf(key));
}

/** Notes which key signs sessions. */
export async function noteSignInKey(tx: Database, key: Pick<MasterKey, 'bytes'>): Promise<void> {
  await note(tx, SIGN_IN_KEY, await fingerprintOf(key));
}

/** Notes under which name the mark lies in the storage. */
export async function noteStorage(tx: Database, mark: string): Promise<void> {
  await note(tx, STORAGE, mark);
}

/** 128 bits in hex. The key has 256 random ones, so nothing can be found from it. */
export async function fingerprintOf({ bytes }: Pick<MasterKey, 'bytes'>): Promise<string> {
  return (await sha256Hex(new Uint8Array([...PURPOSE, ...bytes]))).slice(0, FINGERPRINT_LENGTH);
}

async function note(tx: Database, name: string, value: string): Promise<void> {
  await tx
    .insertInto('installation_marks')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}
