/** What owners may be mailed about, as it lies in the rows. */
import { type Cap, type Month, microUsdOf } from '@tinyfat/core';
import { sql } from 'kysely';
import { capsOf } from './budgets.ts';
import type { Database } from './schema/index.ts';

/** A run begins at most this long before its end, ms. */
const LONGEST_RUN_MS = 2 * 3_600_000;
/** More at once are not looked at. */
const MOST_FAILURES = 1000;
const MOST_AGENTS = 200;
const MOST_OWNERS = 100;

/** A mail that got no answer. */
export interface UnansweredMail {
  owner: string;
  agent: string;
  sender: string;
  subject: string;
  /** Why, in a sentence; empty where nothing is known. */
  error: string;
  finishedAt: number;
}

/**
 * Runs that failed after `since` (epoch ms), the oldest first: without those of mails that the owner wrote, who has the
 * error mail, and without `codes`.
 */
export async function failedRunsSince(
  db: Database,
  since: number,
  codes: readonly string[],
): Promise<UnansweredMail[]> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .innerJoin('mails', 'mails.id', 'runs.mail_id')
    .select([
      'agents.owner',
      'agents.name as agent',
      'mails.sender',
      'mails.subject',
      'runs.error',
      'runs.finished_at as finishedAt',
    ])
    .where('runs.status', '=', sql.lit('failed'))
    .where('runs.started_at', '>', since - LONGEST_RUN_MS)
    .where('runs.finished_at', '>', since)
    .where((where) =>
      where.or([where('runs.error_code', 'is', null), where('runs.error_code', 'not in', codes)]),
    )
    .whereRef('mails.sender_base', '<>', 'agents.owner')
    .orderBy('runs.finished_at')
    .limit(MOST_FAILURES)
    .execute();
  return rows.map(({ sender, error, finishedAt, ...row }) => ({
    ...row,
    sender: sender ?? '',
    error: error ?? '',
    finishedAt: finishedAt ?? since,
  }));
}

/** A cap that is used to a share; of an agent, or of an owner. */
export interface UsedCap {
  owner: string;
  /** Null for the cap of the owner. */
  agent: string | null;
  cap: Cap;
}

/** The caps that are used to `share` or more, of agents whose turns ended after `since`, and of their owners. */
export async function capsUsedSince(
  db: Database,
  {
    since,
    share,
    month,
    ownerDefault,
  }: { since: number; share: number; month: Month; ownerDefault: number | null },
): Promise<UsedCap[]> {
  const agents = await db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .select(['agents.id', 'agents.name', 'agents.owner'])
    .distinct()
    .where('runs.started_at', '>', since - LONGEST_RUN_MS)
    .where('runs.finished_at', '>', since)
    .orderBy('agents.id')
    .limit(MOST_AGENTS)
    .execute();
  const used = new Map<string, UsedCap>();
  for (const agent of agents) {
    for (const cap of await capsOf(db, agent, month, ownerDefault)) {
      if (cap.spent < share * cap.monthly) continue;
      const name = cap.scope === 'agent' ? agent.name : null;
      used.set(`${agent.owner} ${name ?? ''}`, { owner: agent.owner, agent: name, cap });
    }
  }
  return [...used.values()];
}

/** Owners who want a digest, chose so before `before`, and have none of that day yet; a few at a time. */
export async function digestOwners(db: Database, day: string, before: number): Promise<string[]> {
  const rows = await db
    .selectFrom('owner_alerts')
    .select('owner')
    .where('digest', '=', 1)
    .where('updated_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('owner_notices')
            .select('owner_notices.id')
            .whereRef('owner_notices.owner', '=', 'owner_alerts.owner')
            .where('owner_notices.kind', '=', 'digest')
            .where('owner_notices.about', '=', day),
        ),
      ),
    )
    .orderBy('owner')
    .limit(MOST_OWNERS)
    .execute();
  return rows.map(({ owner }) => owner);
}

/** A day of one owner's agents. */
export interface DayOfOwner {
  received: number;
  answered: number;
  refused: number;
  failed: number;
  spentMicroUsd: number;
  /** Answers that await approval now. */
  held: number;
}

/** What happened from `from` up to, but without, `to`; epoch ms. Deleted agents count too. */
export async function dayOfOwner(
  db: Database,
  owner: string,
  { from, to }: { from: number; to: number },
): Promise<DayOfOwner> {
  const agents = db.selectFrom('agents').select('id').where('owner', '=', owner);
  const mails = await db
    .selectFrom('mails')
    .select((select) => ['verdict', 'state', select.fn.countAll<number>().as('count')])
    .where('agent_id', 'in', agents)
    .where('received_at', '>=', from)
    .where('received_at', '<', to)
    .groupBy(['verdict', 'state'])
    .execute();
  const count = (wanted: (mail: (typeof mails)[number]) => boolean) =>
    mails.filter(wanted).reduce((sum, mail) => sum + mail.count, 0);
  const { usd } = await db
    .selectFrom('runs')
    .select((select) => select.fn.sum<number | null>('cost_usd').as('usd'))
    .where('agent_id', 'in', agents)
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .executeTakeFirstOrThrow();
  const { held } = await db
    .selectFrom('deliveries')
    .select((select) => select.fn.countAll<number>().as('held'))
    .where('agent_id', 'in', agents)
    .where('state', '=', sql.lit('awaiting_approval'))
    .executeTakeFirstOrThrow();
  return {
    received: count(() => true),
    answered: count(({ state }) => state === 'replied' || state === 'command'),
    refused: count(({ verdict }) => verdict === 'refused'),
    failed: count(({ state }) => state === 'failed'),
    spentMicroUsd: microUsdOf(usd ?? 0),
    held,
  };
}
