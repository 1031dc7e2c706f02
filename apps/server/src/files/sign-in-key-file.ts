/**
 * The key under sign-in (platform's `signInKey`): of the settings, else made at the first start and kept in a file of the
 * data folder as the generated master keys are. It is none of those, so that their rotation signs nobody out. Without the
 * file everybody signs in anew.
 */
import { randomBytes } from 'node:crypto';
import { type MasterKey, newMasterKey } from '@tinyfat/core';
import { type Database, lock } from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';

/** 32 bytes, or what is wrong with the file. */
type SignInKeyBytes = { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false; detail: string };

/**
 * The key of the settings, else that of the file at `path`, which is made where `make` allows. Inside a transaction, whose
 * lock lets two at once agree on one.
 */
export async function readSignInKey(
  tx: Database,
  set: MasterKey | null,
  path: string,
  make = true,
): Promise<SignInKeyBytes> {
  if (set !== null) return { ok: true, bytes: set.bytes };
  await lock(tx, 'sign-in:key');
  const file = masterKeyFile(path);
  const found = await file.read();
  if (found.ok) return { ok: true, bytes: found.keys[0].bytes };
  if (!make || found.code !== 'master_keys_missing') return { ok: false, detail: found.detail };
  const fresh = newMasterKey(randomBytes);
  await file.create([fresh]);
  return { ok: true, bytes: fresh.bytes };
}
