/**
 * Which master keys are in force, storing a key under them, and their rotation.
 *
 * Invariants. Sealing and changing the generated file happen under one lock, so one at a time over all processes. At every moment, also after a crash, the file has each key that a row needs: a new one is in
 * it before the first row is wrapped by it, an old one leaves it after the commit that wrapped the last row anew.
 */
import {
  type LlmProvider,
  type MasterKeyFile,
  type MasterKeys,
  type MasterKeysOutcome,
  masterKeyIdOf,
  newId,
  newMasterKey,
  providerKeyBinding,
  rewrapSecret,
  type SealRefusal,
  sealSecret,
} from '@tinyfat/core';
import { noteMasterKeys } from './installation.ts';
import { transactOnce } from './locks.ts';
import { findProviderKey, listProviderKeys, putProviderKey, rewriteProviderKey } from './provider-keys.ts';
import type { Database } from './schema/index.ts';

type Refusal = Extract<MasterKeysOutcome, { ok: false }>;

/** Of the installation: keys of all owners are sealed by the same master keys, and seldom. */
const LOCKS = ['master-keys:all'] as const;

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** Where the master keys are: MASTER_KEYS, else the generated file. */
export type MasterKeySource = { read(): Promise<MasterKeysOutcome> } & (
  | { kind: 'environment' }
  | { kind: 'file'; file: MasterKeyFile }
);

/**
 * The source that the settings name: `keys` of the environment, else the file, which is read anew each time, since
 * another process may rotate the keys.
 */
export function masterKeySource(keys: MasterKeys | null, file: MasterKeyFile): MasterKeySource {
  if (keys) return { kind: 'environment', read: async () => ({ ok: true, keys }) };
  return { kind: 'file', file, read: file.read };
}

/** An owner's key in clear, as it is to be sealed; the owner is a canonical address. */
export interface NewProviderKey {
  owner: string;
  provider: LlmProvider;
  key: string;
  lastFour: string;
}

/** What became of a key that was to be stored; `replaced` has the last four of the one before. */
export type StoredKey = { ok: true; replaced: string | null } | Refusal;

/** Stores keys for who may not open them: a key goes in and never comes out. */
export interface KeyStore {
  storeKey(key: NewProviderKey): Promise<StoredKey>;
}

/** Seals a key under the current master key, which is made where there is none yet, and stores it for its owner. */
export async function storeProviderKey(
  db: Database,
  source: MasterKeySource,
  key: NewProviderKey,
): Promise<StoredKey> {
  return await transactOnce(db, LOCKS, async (tx) => {
    const { owner, provider } = key;
    const keys = await keysForSealing(tx, source);
    if (!keys.ok) return keys;
    const before = await findProviderKey(tx, owner, provider);
    const place = { id: newId(Date.now, randomBytes), owner, provider };
    const sealed = await sealSecret(key.key, providerKeyBinding(place), keys.keys);
    await putProviderKey(tx, { ...place, sealed, last_four: key.lastFour, created_at: Date.now() });
    return { ok: true as const, replaced: before?.last_four ?? null };
  });
}

/** What a rotation has done. */
export interface Rotation {
  ok: true;
  /** Id of the master key that wraps now. */
  current: string;
  /** Keys that were wrapped anew. */
  rewrapped: number;
  /** Keys that did not open and stay as they are; the master keys that they name stay, too. */
  unreadable: { owner: string; provider: string; reason: SealRefusal }[];
  /** Ids that nothing needs any more: gone from the file, or to be taken out of MASTER_KEYS. */
  retired: string[];
}

/**
 * Wraps the data key of every stored key anew: under a fresh master key in the generated file, or under the first one
 * of MASTER_KEYS. The stored keys' own ciphertexts stay as they are.
 */
export async function rotateMasterKeys(db: Database, source: MasterKeySource): Promise<Rotation | Refusal> {
  const rewrapped = await transactOnce(db, LOCKS, async (tx) => {
    const keys = source.kind === 'file' ? await addMasterKey(tx, source.file) : await source.read();
    return keys.ok ? await rewrapAll(tx, keys.keys) : keys;
  });
  if (!rewrapped.ok) return rewrapped;
  const retired = await transactOnce(db, LOCKS, (tx) => retire(tx, source));
  return { ...rewrapped, retired };
}

/** A file is made only where nothing is sealed yet: its absence would otherwise go by unseen. */
async function keysForSealing(tx: Database, source: MasterKeySource): Promise<MasterKeysOutcome> {
  const found = await source.read();
  if (source.kind === 'environment' || found.ok || found.code !== 'master_keys_missing') return found;
  if ((await listProviderKeys(tx, null)).length > 0) return found;
  const keys: MasterKeys = [newMasterKey(randomBytes)];
  await source.file.create(keys);
  return { ok: true, keys };
}

async function addMasterKey(tx: Database, file: MasterKeyFile): Promise<MasterKeysOutcome> {
  const before = await file.read();
  if (!before.ok) return await keysForSealing(tx, masterKeySource(null, file));
  const keys: MasterKeys = [newMasterKey(randomBytes), ...before.keys];
  // Before the file: a new key that nobody noted would keep servers from starting.
  await noteMasterKeys(tx, keys);
  await file.replace(keys);
  return { ok: true, keys };
}

async function rewrapAll(tx: Database, keys: MasterKeys): Promise<Omit<Rotation, 'retired'>> {
  const [current] = keys;
  const unreadable: Rotation['unreadable'] = [];
  let rewrapped = 0;
  for (const row of await listProviderKeys(tx, null)) {
    if (masterKeyIdOf(row.sealed) === current.id) continue;
    const { owner, provider } = row;
    const fresh = await rewrapSecret(row.sealed, providerKeyBinding(row), keys);
    if (fresh.ok) {
      await rewriteProviderKey(tx, row.id, fresh.sealed);
      rewrapped++;
    } else {
      unreadable.push({ owner, provider, reason: fresh.reason });
    }
  }
  return { ok: true, current: current.id, rewrapped, unreadable };
}

/** Takes the master keys out of the file that no row names; the first one stays. */
async function retire(tx: Database, source: MasterKeySource): Promise<string[]> {
  const found = await source.read();
  if (!found.ok) return [];
  const needed = new Set((await listProviderKeys(tx, null)).map((row) => masterKeyIdOf(row.sealed)));
  const [current, ...others] = found.keys;
  const kept = others.filter(({ id }) => needed.has(id));
  if (source.kind === 'file' && kept.length < others.length) await source.file.replace([current, ...kept]);
  return others.filter(({ id }) => !needed.has(id)).map(({ id }) => id);
}
