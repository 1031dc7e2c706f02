/**
 * What waits for an owner: answers to approve, mails in quarantine, mails that did not arrive, runs that failed. Each kind
 * has partial indexes of what waits, so that what ended well costs nothing. Only of agents that are not deleted.
 */
import { MAIL_VERDICTS } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import { inQuarantine } from './mails.ts';
import { pageOfKeys } from './page-of-keys.ts';
import type { Database, DeliveryState, MailState } from './schema/index.ts';
import { changed, rowsChanged } from './statements.ts';
import type { Sight } from './visible.ts';

/** How many wait, each at most as many as were asked for. */
export interface AttentionCounts {
  answers: number;
  mails: number;
  deliveries: number;
  runs: number;
}

/** As the partial indexes say it, so that they are used. */
const TO_APPROVE = sql`state = 'awaiting_approval'`;
const LOST = sql`state in ('failed', 'uncertain', 'bounced') and acknowledged_at is null`;
const FAILED = sql`status = 'failed' and acknowledged_at is null`;

/** Counts each kind up to `most`. */
export async function countAttention(db: Database, sight: Sight, most: number): Promise<AttentionCounts> {
  const upTo = (table: 'mails' | 'deliveries' | 'runs', waits: RawBuilder<unknown>) => {
    const rows = sql.table(table);
    // The order of a cross join stays (sqlite.org/optoverview.html, section 8.2): from the owner's agents to what waits.
    const from =
      sight === 'all'
        ? sql`${rows} cross join agents where agents.id = ${rows}.agent_id`
        : sql`agents cross join ${rows} where ${rows}.agent_id = agents.id and agents.owner = ${sight.owner}`;
    return sql`(select count(*) from (select 1 as one from ${from} and agents.deleted_at is null
      and ${waits} limit ${sql.lit(most)}) as ${sql.ref(`some_${table}`)})`;
  };
  const { rows } = await sql<AttentionCounts>`select ${upTo('deliveries', TO_APPROVE)} as answers,
    ${upTo('mails', inQuarantine)} as mails, ${upTo('deliveries', LOST)} as deliveries,
    ${upTo('runs', FAILED)} as runs`.execute(db);
  return rows[0] ?? { answers: 0, mails: 0, deliveries: 0, runs: 0 };
}

interface OfWhom {
  id: string;
  agent: string;
  owner: string;
  subject: string;
}

/** An outgoing mail; `recipients` is a JSON array. Times in epoch ms. */
export interface WaitingDelivery extends OfWhom {
  recipients: string;
  state: DeliveryState;
  reason_code: string | null;
  reason: string | null;
  created_at: number;
}

export interface WaitingMail extends OfWhom {
  sender: string | null;
  state: MailState;
  reason_code: string;
  reason: string;
  received_at: number;
}

export interface FailedRun extends OfWhom {
  sender: string | null;
  error_code: string | null;
  error: string | null;
  started_at: number;
  finished_at: number | null;
}

const ofLiving = sql`exists (select 1 from agents where agents.id = listed.agent_id and agents.deleted_at is null)`;

/** The newest outgoing mails that await approval, or that did not arrive. */
export async function newestDeliveriesWaiting(
  db: Database,
  sight: Sight,
  which: 'to approve' | 'lost',
  limit: number,
): Promise<WaitingDelivery[]> {
  const toApprove = which === 'to approve';
  const keys = await pageOfKeys<number>(db, {
    table: 'deliveries',
    order: ['seq'],
    after: null,
    limit,
    of: sight,
    values: { state: toApprove ? ['awaiting_approval'] : ['failed', 'uncertain', 'bounced'] },
    only: toApprove ? ofLiving : sql`${LOST} and ${ofLiving}`,
  });
  if (keys.length === 0) return [];
  return await db
    .selectFrom('deliveries')
    .innerJoin('agents', 'agents.id', 'deliveries.agent_id')
    .select(['deliveries.id', 'agents.name as agent', 'agents.owner', 'subject', 'recipients', 'state'])
    .select(['reason_code', 'reason', 'deliveries.created_at'])
    .where('deliveries.seq', 'in', keys)
    .orderBy('deliveries.seq', 'desc')
    .execute();
}

/** The newest mails in quarantine. */
export async function newestMailsWaiting(db: Database, sight: Sight, limit: number): Promise<WaitingMail[]> {
  const keys = await pageOfKeys<string>(db, {
    table: 'mails',
    order: ['received_at', 'id'],
    after: null,
    limit,
    of: sight,
    values: { verdict: MAIL_VERDICTS, state: ['quarantined', 'over_limit'] },
    only: ofLiving,
  });
  if (keys.length === 0) return [];
  return await db
    .selectFrom('mails')
    .innerJoin('agents', 'agents.id', 'mails.agent_id')
    .select(['mails.id', 'agents.name as agent', 'agents.owner', 'subject', 'sender', 'state'])
    .select(['reason_code', 'reason', 'received_at'])
    .where('mails.id', 'in', keys)
    .orderBy('received_at', 'desc')
    .orderBy('mails.id', 'desc')
    .execute();
}

/** The newest runs that failed and were not acknowledged. */
export async function newestRunsFailed(db: Database, sight: Sight, limit: number): Promise<FailedRun[]> {
  const keys = await pageOfKeys<string>(db, {
    table: 'runs',
    order: ['started_at', 'id'],
    after: null,
    limit,
    of: sight,
    values: {},
    only: sql`${FAILED} and ${ofLiving}`,
  });
  if (keys.length === 0) return [];
  return await db
    .selectFrom('runs')
    .innerJoin('agents', 'agents.id', 'runs.agent_id')
    .innerJoin('mails', 'mails.id', 'runs.mail_id')
    .select(['runs.id', 'agents.name as agent', 'agents.owner', 'mails.subject', 'mails.sender'])
    .select(['error_code', 'error', 'started_at', 'finished_at'])
    .where('runs.id', 'in', keys)
    .orderBy('started_at', 'desc')
    .orderBy('runs.id', 'desc')
    .execute();
}

/** Notes that the failure of a run needs nothing more; false where there is none that does. */
export async function acknowledgeRun(db: Database, id: string, at: number): Promise<boolean> {
  const one = db.updateTable('runs').set({ acknowledged_at: at }).where('id', '=', id);
  return await changed(one.where(sql<boolean>`${FAILED}`));
}

/** The same of an outgoing mail that did not arrive. */
export async function acknowledgeDelivery(db: Database, id: string, at: number): Promise<boolean> {
  const one = db.updateTable('deliveries').set({ acknowledged_at: at }).where('id', '=', id);
  return await changed(one.where(sql<boolean>`${LOST}`));
}

/** The same of all that failed up to a time (epoch ms), at most `limit` at once. Gives how many. */
export async function acknowledgeAll(
  db: Database,
  sight: Sight,
  what: 'runs' | 'deliveries',
  { until, at, limit }: { until: number; at: number; limit: number },
): Promise<number> {
  const [key, time, waits] =
    what === 'runs' ? (['id', 'started_at', FAILED] as const) : (['seq', 'created_at', LOST] as const);
  const rows = sql.table(what);
  const from =
    sight === 'all'
      ? sql`${rows} where`
      : sql`agents cross join ${rows} where ${rows}.agent_id = agents.id and agents.owner = ${sight.owner} and`;
  const column = sql.ref(`${what}.${key}`);
  return await rowsChanged(
    db
      .updateTable(what)
      .set({ acknowledged_at: at })
      .where(
        sql<boolean>`${column} in (select ${column} from ${from} ${waits}
          and ${sql.ref(`${what}.${time}`)} <= ${until} limit ${sql.lit(limit)})`,
      ),
  );
}
