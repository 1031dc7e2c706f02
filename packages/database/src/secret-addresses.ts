/** Secret addresses of agents: made and revoked by the owner, and known here by the hash of their token. */
import type { Database, SecretAddress } from './schema/index.ts';
import { changed } from './statements.ts';

/** Adds one. */
export async function insertSecretAddress(
  db: Database,
  address: Omit<SecretAddress, 'last_used_at'>,
): Promise<void> {
  await db.insertInto('secret_addresses').values(address).execute();
}

/** Those of an agent, oldest first. */
export async function listSecretAddresses(db: Database, agentId: string): Promise<SecretAddress[]> {
  return await db
    .selectFrom('secret_addresses')
    .selectAll()
    .where('agent_id', '=', agentId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** The agent's address with the token of this hash; undefined when there is none (any more). */
export async function findSecretAddress(
  db: Database,
  agentId: string,
  tokenSha256: string,
): Promise<SecretAddress | undefined> {
  return await db
    .selectFrom('secret_addresses')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
}

/** Notes that a mail came to it. */
export async function markSecretAddressUsed(db: Database, id: string, at: number): Promise<void> {
  await db.updateTable('secret_addresses').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** Revokes one; false when the agent has none with this id. */
export async function deleteSecretAddress(db: Database, agentId: string, id: string): Promise<boolean> {
  return await changed(
    db.deleteFrom('secret_addresses').where('agent_id', '=', agentId).where('id', '=', id),
  );
}
