/** Agents at a glance: when mail came last, and what waits for the owner. */
import { sql } from 'kysely';
import type { Database } from './sqlite.ts';
import type { Sight } from './visible.ts';

/** One agent. Times in epoch ms. */
export interface AgentOverview {
  name: string;
  owner: string;
  /** When the newest mail came, whatever its verdict; null where none did. */
  lastMailAt: number | null;
  /** Mails in quarantine. */
  mailsWaiting: number;
  /** Outgoing mails that await approval. */
  deliveriesAwaitingApproval: number;
}

/** Agents that are not deleted, by name; at most `limit` of `total`. */
export async function agentOverview(
  db: Database,
  sight: Sight,
  limit: number,
): Promise<{ agents: AgentOverview[]; total: number }> {
  const owner = sight === 'all' ? null : sight.owner;
  const seen = db
    .selectFrom('agents')
    .where('deleted_at', 'is', null)
    .$if(owner !== null, (query) => query.where('owner', '=', owner));
  const agents = await seen
    .select(['name', 'owner'])
    .select((select) => [
      select
        .selectFrom('mails')
        .select((mail) => mail.fn.max('received_at').as('at'))
        .whereRef('mails.agent_id', '=', 'agents.id')
        .as('lastMailAt'),
      // The conditions stand in the statement as the partial indexes have them: only then are those used.
      sql<number>`(select count(*) from mails where mails.agent_id = agents.id and state in ('quarantined', 'over_limit'))`.as(
        'mailsWaiting',
      ),
      sql<number>`(select count(*) from deliveries where deliveries.agent_id = agents.id and state = 'awaiting_approval')`.as(
        'deliveriesAwaitingApproval',
      ),
    ])
    .orderBy('name')
    .limit(limit)
    .execute();
  const { total } = await seen
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { agents, total };
}
