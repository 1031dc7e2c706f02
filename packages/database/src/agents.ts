/** Agents and who may write to them. Addresses and entries come in canonical form. */
import { type AllowEntry, parseAllowEntry } from '@tinyfat/core';
import { sql } from 'kysely';
import { transact } from './locks.ts';
import { unparkJobs } from './pausing.ts';
import type { Agent, Database, NewAgent } from './schema/index.ts';
import { changed, exists } from './statements.ts';

/**
 * Adds an agent with its owner and further entries on the allow-list, and what `more` writes about it in the same
 * transaction; false when the name is taken.
 */
export async function insertAgent(
  db: Database,
  agent: Omit<NewAgent, 'deleted_at'>,
  entries: readonly string[],
  more: (tx: Database) => Promise<void> = async () => {},
): Promise<boolean> {
  return await transact(db, [], async (tx) => {
    const row = { ...agent, deleted_at: null };
    const insert = tx.insertInto('agents').values(row);
    if (!(await changed(insert.onConflict((conflict) => conflict.doNothing())))) return false;
    const all = [...new Set([agent.owner, ...entries])];
    await tx
      .insertInto('allowed_senders')
      .values(all.map((entry) => ({ agent_id: agent.id, entry, created_at: agent.created_at })))
      .execute();
    await more(tx);
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

/** Whether an agent that exists has this name, whoever's it is. */
export async function isNameTaken(db: Database, name: string): Promise<boolean> {
  return await exists(
    db.selectFrom('agents').select('id').where('name', '=', name).where('deleted_at', 'is', null),
  );
}

/** The agent with this id, deleted or not. */
export async function agentById(db: Database, id: string): Promise<Agent | undefined> {
  return await db.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Agents that exist, by name. */
export async function listAgents(db: Database): Promise<Agent[]> {
  return await db.selectFrom('agents').selectAll().where('deleted_at', 'is', null).orderBy('name').execute();
}

/** Whether an agent that exists has this owner. */
export async function ownsAgent(db: Database, address: string): Promise<boolean> {
  const own = db.selectFrom('agents').select('id').where('owner', '=', address);
  return await exists(own.where('deleted_at', 'is', null).limit(1));
}

/** Takes the agent's address away; its mails, runs and deliveries stay on record. */
export async function markAgentDeleted(db: Database, id: string, at: number): Promise<void> {
  await transact(db, [`agent:${id}`], async (tx) => {
    await updateAgent(tx, id, { deleted_at: at, paused_at: null });
    // Each of its jobs comes to an end, also one that waited for it to go on.
    await unparkJobs(tx, id, at);
  });
}

/** Whether a turn or command of the agent is under way. */
export async function hasRunningJob(db: Database, agentId: string): Promise<boolean> {
  const jobs = db.selectFrom('jobs').select('id').where('agent_id', '=', agentId);
  return await exists(jobs.where('state', '=', sql.lit('running')));
}

/** Whether a turn or command of the agent is under way, or was at any moment since a time (epoch ms). */
export async function hadTurnSince(db: Database, agentId: string, since: number): Promise<boolean> {
  if (await hasRunningJob(db, agentId)) return true;
  // An agent's runs follow one another: the one that began last has ended last.
  const newest = await db
    .selectFrom('runs')
    .select(['started_at', 'finished_at'])
    .where('agent_id', '=', agentId)
    .orderBy('started_at', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
  return newest !== undefined && Math.max(newest.started_at, newest.finished_at ?? 0) >= since;
}

/**
 * Changes an agent: `egress` is a text of core's `egressText`, which a run under way does not notice. False: no such
 * agent.
 */
export async function updateAgent(
  db: Database,
  id: string,
  values: Partial<Pick<Agent, 'egress' | 'outbound' | 'display_name' | 'owner' | 'deleted_at' | 'paused_at'>>,
): Promise<boolean> {
  return await changed(
    db.updateTable('agents').set(values).where('id', '=', id).where('deleted_at', 'is', null),
  );
}

/**
 * Gives the agent to another owner, who takes the place of the one before on the allow-list; the other entries stay.
 * False: no such agent.
 */
export async function setAgentOwner(
  db: Database,
  agentId: string,
  owner: string,
  at: number,
): Promise<boolean> {
  // Of two changes at once the second must find the owner that the first has put on the list.
  return await transact(db, [`agent:${agentId}`], async (tx) => {
    const before = await agentById(tx, agentId);
    if (!(await updateAgent(tx, agentId, { owner }))) return false;
    if (before && before.owner !== owner) await removeAllowedSender(tx, agentId, before.owner);
    await addAllowedSender(tx, agentId, owner, at);
    return true;
  });
}

/** Entries of the allow-list, the owner's own address among them, the newest first. */
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

/** The entries alone, in order. */
export async function allowedSenders(db: Database, agentId: string): Promise<string[]> {
  return (await allowedSenderRows(db, agentId)).map(({ entry }) => entry).sort();
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
  const insert = db.insertInto('allowed_senders').values({ agent_id: agentId, entry, created_at: at });
  return await changed(insert.onConflict((conflict) => conflict.doNothing()));
}

/** Removes an entry; false when it was not there. */
export async function removeAllowedSender(db: Database, agentId: string, entry: string): Promise<boolean> {
  return await changed(
    db.deleteFrom('allowed_senders').where('agent_id', '=', agentId).where('entry', '=', entry),
  );
}

/** Records what an agent's folder holds, bytes. */
export async function setFolderSize(
  db: Database,
  agentId: string,
  bytes: number,
  now: number,
): Promise<void> {
  const size = { folder_bytes: bytes, folder_measured_at: now };
  await db.updateTable('agents').set(size).where('id', '=', agentId).execute();
}

/** Claims the mail to the owner that a folder is nearly full; false where one was claimed within the time (ms). */
export async function claimFolderNotice(
  db: Database,
  { agentId, now, periodMs }: { agentId: string; now: number; periodMs: number },
): Promise<boolean> {
  const claim = db.updateTable('agents').set({ folder_notice_at: now }).where('id', '=', agentId);
  return await changed(
    claim.where((where) =>
      where.or([
        where('folder_notice_at', 'is', null),
        where('folder_notice_at', '<=', now - periodMs),
        // A time in the future was written by a clock that was wrong.
        where('folder_notice_at', '>', now),
      ]),
    ),
  );
}

/**
 * Counts bytes that are about to be written into an agent's folder to what it holds; false, and nothing is counted, where
 * it would hold more than `quota`. Less is always taken. The next measurement of the folder takes the place of the sum.
 */
export async function takeFolderRoom(
  db: Database,
  agentId: string,
  bytes: number,
  quota: number,
): Promise<boolean> {
  const held = sql<number>`coalesce(folder_bytes, 0) + ${bytes}`;
  const room = db
    .updateTable('agents')
    .set({ folder_bytes: sql<number>`case when ${held} < 0 then 0 else ${held} end` })
    .where('id', '=', agentId);
  return await changed(bytes <= 0 ? room : room.where(sql<boolean>`${held} <= ${quota}`));
}
