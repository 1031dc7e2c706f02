/**
 * Seals the key of an owner for a Worker that has no master keys: they are a secret of the one that runs turns alone. The
 * key goes in, and never comes out again.
 */
import { canonicalAddress, isLlmProvider, type MasterKeys, parseProviderKey } from '@tinyfat/core';
import {
  type Database,
  type MasterKeySource,
  type NewProviderKey,
  type StoredKey,
  storeProviderKey,
} from '@tinyfat/database';

export interface StoreOwnersKeyDeps {
  db: Database;
  /** MASTER_KEYS; null where they are not set. */
  masterKeys: MasterKeys | null;
}

/** Stores it under the current master key. Throws for what no caller of ours asks; nothing of the key is in the message. */
export async function storeOwnersKey(
  { db, masterKeys }: StoreOwnersKeyDeps,
  asked: NewProviderKey,
): Promise<StoredKey> {
  const owner = canonicalAddress(asked.owner);
  const parsed = parseProviderKey(asked.key);
  if (!owner.ok || owner.address !== asked.owner)
    throw new Error('the owner of a key is no canonical address');
  if (!isLlmProvider(asked.provider)) throw new Error('a key is of a provider that is not known');
  if (!parsed.ok) throw new Error('a key is none that could be stored');
  if (masterKeys === null) {
    return {
      ok: false,
      code: 'master_keys_missing',
      detail: 'MASTER_KEYS is not set in the Worker that runs turns.',
    };
  }
  const { key, lastFour } = parsed;
  const source: MasterKeySource = {
    kind: 'environment',
    read: async () => ({ ok: true, keys: masterKeys }),
  };
  return await storeProviderKey(db, source, { owner: asked.owner, provider: asked.provider, key, lastFour });
}
