/** Sealed keys of LLM providers by owner. Owners are canonical addresses; nothing here can open a key. */
import type { Database, ProviderKey } from './schema/index.ts';
import { changed } from './statements.ts';

/** Stores a key in the place of the one that its owner had for this provider. */
export async function putProviderKey(db: Database, key: Omit<ProviderKey, 'last_used_at'>): Promise<void> {
  const { id, sealed, last_four, created_at } = key;
  await db
    .insertInto('provider_keys')
    .values({ ...key, last_used_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['owner', 'provider'])
        .doUpdateSet({ id, sealed, last_four, created_at, last_used_at: null }),
    )
    .execute();
}

/** The key of an owner for a provider; undefined when there is none. */
export async function findProviderKey(
  db: Database,
  owner: string,
  provider: string,
): Promise<ProviderKey | undefined> {
  return await db
    .selectFrom('provider_keys')
    .selectAll()
    .where('owner', '=', owner)
    .where('provider', '=', provider)
    .executeTakeFirst();
}

/** Keys of one owner or of all, by owner and provider. */
export async function listProviderKeys(db: Database, owner: string | null): Promise<ProviderKey[]> {
  let query = db.selectFrom('provider_keys').selectAll().orderBy('owner').orderBy('provider');
  if (owner !== null) query = query.where('owner', '=', owner);
  return await query.execute();
}

/** Notes that a key was decrypted for a run; nothing when it was replaced in the meantime. */
export async function markProviderKeyUsed(db: Database, id: string, at: number): Promise<void> {
  await db.updateTable('provider_keys').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** Writes the sealed text of a key anew, as a rotation of the master key has made it. */
export async function rewriteProviderKey(db: Database, id: string, sealed: string): Promise<void> {
  await db.updateTable('provider_keys').set({ sealed }).where('id', '=', id).execute();
}

/** Removes a key; false when its owner had none for this provider. */
export async function deleteProviderKey(db: Database, owner: string, provider: string): Promise<boolean> {
  return await changed(
    db.deleteFrom('provider_keys').where('owner', '=', owner).where('provider', '=', provider),
  );
}
