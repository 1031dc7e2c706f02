/** Agents and who may write to them. Addresses and entries come in canonical form. */
import { type AllowEntry, parseAllowEntry } from '@tinyfat/core';
import type { Agent, NewAgent } from './schema.ts';
import type { Database } from './sqlite.ts';

/** Adds an agent with its owner and further entries on the allow-list; false when the name is taken. */
export async function insertAgent(
  db: Database,
  agent: Omit<NewAgent, 'deleted_at'>,
  entries: readonly string[],
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    const made = await tx
      .insertInto('agents')
      .values({ ...agent, deleted_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!made) return false;
    const all = [...new Set([agent.owner, ...entries])];
    await tx
      .insertInto('allowed_senders')
      .values(all.map((entry) => ({ agent_id: agent.id, entry, created_at: agent.created_at })))
      .execute();
    return true;
  });
}

/** The agent with this name; undefined when there is none or it was deleted. */
export async function findAgent(db: Database, name: string): Promise<Agent | undefined> {
  return await db
    .selectFrom('agents')
    .selectAll()
    .where('name', '=', name)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** The agent with this id, deleted or not. */
export async function agentById(db: Database, id: string): Promise<Agent | undefined> {
  return await db.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Agents that exist, by name. */
export async function listAgents(db: Database): Promise<Agent[]> {
  return await db.selectFrom('agents').selectAll().where('deleted_at', 'is', null).orderBy('name').execute();
}

/** Takes the agent's address away; its mails, runs and deliveries stay on record. */
export async function markAgentDeleted(db: Database, id: string, at: number): Promise<void> {
  await db
    .updateTable('agents')
    .set({ deleted_at: at })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
}

/** Sets what its turns may reach, a text of core's `egressText`; runs that have begun keep what they had. False: no such agent. */
export async function setAgentEgress(db: Database, agentId: string, egress: string): Promise<boolean> {
  return await changeAgent(db, agentId, { egress });
}

/** Sets the name in From of what it sends; empty: none of its own. False: no such agent. */
export async function setAgentDisplayName(db: Database, agentId: string, name: string): Promise<boolean> {
  return await changeAgent(db, agentId, { display_name: name });
}

/**
 * Gives the agent to another owner, who takes the place of the one before on the allow-list; whoever else is on it
 * stays. False: no such agent.
 */
export async function setAgentOwner(
  db: Database,
  agentId: string,
  owner: string,
  at: number,
): Promise<boolean> {
  return await db.transaction().execute(async (tx) => {
    const before = await agentById(tx, agentId);
    if (!(await changeAgent(tx, agentId, { owner }))) return false;
    if (before && before.owner !== owner) await removeAllowedSender(tx, agentId, before.owner);
    await addAllowedSender(tx, agentId, owner, at);
    return true;
  });
}

async function changeAgent(
  db: Database,
  agentId: string,
  values: Partial<Pick<Agent, 'egress' | 'display_name' | 'owner'>>,
): Promise<boolean> {
  const changed = await db
    .updateTable('agents')
    .set(values)
    .where('id', '=', agentId)
    .where('deleted_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return changed !== undefined;
}

/** Entries of the allow-list, the owner's own address among them, in order. */
export async function allowedSenders(db: Database, agentId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('allowed_senders')
    .select('entry')
    .where('agent_id', '=', agentId)
    .orderBy('entry')
    .execute();
  return rows.map((row) => row.entry);
}

/** The same with when each was added, the newest first. */
export async function allowedSenderRows(
  db: Database,
  agentId: string,
): Promise<{ entry: string; created_at: number }[]> {
  return await db
    .selectFrom('allowed_senders')
    .select(['entry', 'created_at'])
    .where('agent_id', '=', agentId)
    .orderBy('created_at', 'desc')
    .orderBy('entry')
    .execute();
}

/** Whether a turn or command of the agent is under way. */
export async function hasRunningJob(db: Database, agentId: string): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where('agent_id', '=', agentId)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return row !== undefined;
}

/** The allow-list as the rules of admission and of outgoing mail want it. */
export async function allowList(db: Database, agentId: string): Promise<AllowEntry[]> {
  const parsed = (await allowedSenders(db, agentId)).map(parseAllowEntry);
  return parsed.flatMap((one) => (one.ok ? [one.entry] : []));
}

/** Adds an entry; false when it was there. */
export async function addAllowedSender(
  db: Database,
  agentId: string,
  entry: string,
  at: number,
): Promise<boolean> {
  const made = await db
    .insertInto('allowed_senders')
    .values({ agent_id: agentId, entry, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('entry')
    .executeTakeFirst();
  return made !== undefined;
}

/** Removes an entry; false when it was not there. */
export async function removeAllowedSender(db: Database, agentId: string, entry: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('allowed_senders')
    .where('agent_id', '=', agentId)
    .where('entry', '=', entry)
    .returning('entry')
    .executeTakeFirst();
  return gone !== undefined;
}
