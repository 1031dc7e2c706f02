/**
 * The key under sign-in (platform's `signInKey`): made at the first start, kept in a file of the data folder as the
 * generated master keys are. It is none of those, so that their rotation signs nobody out. Without the file everybody
 * signs in anew.
 */
import { randomBytes } from 'node:crypto';
import { newMasterKey } from '@tinyfat/core';
import { type Database, transactOnce } from '@tinyfat/database';
import { masterKeyFile } from '@tinyfat/storage/node';

/** 32 bytes, or what is wrong with the file. */
type SignInKeyBytes = { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false; detail: string };

/** Reads the key, or makes it: under a lock, so that two processes at once agree on one. */
export async function readSignInKey(db: Database, path: string): Promise<SignInKeyBytes> {
  const file = masterKeyFile(path);
  return await transactOnce(db, ['sign-in:key'], async () => {
    const found = await file.read();
    if (found.ok) return { ok: true as const, bytes: found.keys[0].bytes };
    if (found.code !== 'master_keys_missing') return { ok: false as const, detail: found.detail };
    const fresh = newMasterKey(randomBytes);
    await file.create([fresh]);
    return { ok: true as const, bytes: fresh.bytes };
  });
}
