/** What happened within a time: mails that came, what became of them, and what it cost. */
import { type MailState, type MailVerdict, usdOf } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './schema/index.ts';
import type { Sight } from './visible.ts';

export interface Activity {
  /** Mails that came, of any verdict; this and the next two at most as many as were asked for. */
  received: number;
  /** Of these, those that were answered by the agent or as a command. */
  answered: number;
  /** Of these, those that were refused. */
  refused: number;
  /** Of the turns that began. */
  costUsd: number;
}

const HOUR_MS = 3_600_000;
const ANSWERED: readonly MailState[] = ['replied', 'command'];
/** Verdicts of mails that can have a turn, some after their release. */
const LET_IN: readonly MailVerdict[] = ['accepted', 'quarantined', 'over_limit'];

/** From `from` up to, but without, `until` (epoch ms); counts up to `most`. Deleted agents count too. */
export async function activityBetween(
  db: Database,
  sight: Sight,
  { from, until, most }: { from: number; until: number; most: number },
): Promise<Activity> {
  const within = (table: 'mails' | 'runs', range: RawBuilder<unknown>) => {
    if (sight === 'all') return sql`from ${sql.table(table)} where ${range}`;
    return sql`from agents cross join ${sql.table(table)}
      where ${sql.ref(`${table}.agent_id`)} = agents.id and agents.owner = ${sight.owner} and ${range}`;
  };
  const count = (name: string, which: RawBuilder<unknown>) =>
    sql`(select count(*) from (select 1 as one
      ${within('mails', sql`mails.received_at >= ${from} and mails.received_at < ${until}`)} ${which}
      limit ${sql.lit(most)}) as ${sql.ref(`some_${name}`)})`;
  const runsCost = (begin: number, end: number) =>
    sql`(select cast(round(sum(runs.cost_usd) * 1000000) as bigint) ${within(
      'runs',
      sql`runs.kind = 'turn' and runs.started_at >= ${begin} and runs.started_at < ${end}`,
    )})`;
  // Whole hours are added up already, from agent to agent; of the hours at both ends that are not whole each run is read.
  const [first, last] = [Math.ceil(from / HOUR_MS), Math.floor(until / HOUR_MS)];
  const hoursCost = sql`(select sum(usage_hours.cost_micro_usd) from agents cross join usage_hours
    where usage_hours.agent_id = agents.id and usage_hours.hour >= ${first} and usage_hours.hour < ${last}
      ${sight === 'all' ? sql`` : sql`and agents.owner = ${sight.owner}`})`;
  const costs =
    first >= last
      ? [runsCost(from, until)]
      : [
          hoursCost,
          ...(from < first * HOUR_MS ? [runsCost(from, first * HOUR_MS)] : []),
          ...(last * HOUR_MS < until ? [runsCost(last * HOUR_MS, until)] : []),
        ];
  const cost = sql.join(
    costs.map((one) => sql`coalesce(${one}, 0)`),
    sql` + `,
  );
  const list = (values: readonly string[]) => sql.join(values.map((value) => sql.lit(value)));
  const { rows } = await sql<{
    received: number;
    answered: number;
    refused: number;
    micro: number;
  }>`select
    ${count('received', sql``)} as received,
    ${count('answered', sql`and mails.state in (${list(ANSWERED)}) and mails.verdict in (${list(LET_IN)})`)} as answered,
    ${count('refused', sql`and mails.state = 'refused' and mails.verdict = 'refused'`)} as refused,
    ${cost} as micro`.execute(db);
  const { micro, ...counts } = rows[0] ?? { received: 0, answered: 0, refused: 0, micro: 0 };
  return { ...counts, costUsd: usdOf(micro) };
}
