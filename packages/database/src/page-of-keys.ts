/**
 * Keys of one page of a list, newest first, by index alone. The rows of an owner are those of many agents, and each
 * agent's are in order in an index: the page is a merge of these. Only as many agents can have a row on the page as the
 * page has rows: those whose newest row is newest. So a page costs one look at an index for each agent, however many rows
 * the agents have.
 */
import { type RawBuilder, sql } from 'kysely';
import { isPostgres } from './engine.ts';
import type { Database, Schema } from './schema/index.ts';

/**
 * Which rows are listed. There must be an index over the columns of `values` and `order`, and one with `agent_id` before
 * them.
 */
export interface KeysQuestion {
  table: keyof Schema & ('mails' | 'runs' | 'deliveries' | 'search_documents');
  /** What the list is sorted by, descending; the last one is the key. */
  order: readonly string[];
  /** Rows that come later than the one with these values of `order`; null for the first page. */
  after: readonly (string | number)[] | null;
  /** Rows whose first column of `order` is no less than this; absent: all. */
  from?: number | undefined;
  limit: number;
  /** Rows of one agent, of the agents of one owner (canonical address), or of all. */
  of: { agentId: string } | { owner: string } | 'all';
  /** For each of some columns the values that rows may have. */
  values: Readonly<Record<string, readonly string[]>>;
  /** What else holds for the rows, called `listed`, as a partial index over `order`, and one with `agent_id` before it, has it. */
  only?: RawBuilder<unknown>;
}

/** The keys, in the order of the list. */
export async function pageOfKeys<Key extends string | number>(
  db: Database,
  question: KeysQuestion,
): Promise<Key[]> {
  const { rows } = await (isOneRange(question) ? oneRange(question) : merge(db, question)).execute(db);
  return rows.map((row) => (row as { key: Key }).key);
}

/** Whether all rows follow one another in one index. */
function isOneRange({ of, values }: KeysQuestion): boolean {
  const isOneValue = Object.values(values).every((some) => some.length === 1);
  return isOneValue && (of === 'all' || 'agentId' in of);
}

function oneRange(question: KeysQuestion): RawBuilder<unknown> {
  const { of, values } = question;
  const same = Object.entries(values).map(
    ([column, [value]]) => sql`${sql.ref(`listed.${column}`)} = ${value}`,
  );
  if (of !== 'all' && 'agentId' in of) same.unshift(sql`listed.agent_id = ${of.agentId}`);
  return newestIn(question, same, sql`${sql.ref(`listed.${keyOf(question)}`)} as key`, question.limit);
}

/**
 * `ranges` are the parts of the index, one for each agent and combination of values; `heads` has the newest row of each,
 * and `first` those with the newest heads.
 */
function merge(db: Database, question: KeysQuestion): RawBuilder<unknown> {
  const { table, order, of, values, limit } = question;
  const columns = of === 'all' ? Object.keys(values) : ['agent_id', ...Object.keys(values)];
  const sorted = (of: string) => sql`order by ${descending(of, order)} limit ${sql.lit(limit)}`;
  const key = sql.ref(`newest.${keyOf(question)}`);
  const same = columns.map((column) => sql`${sql.ref(`listed.${column}`)} = ${sql.ref(`ranges.${column}`)}`);
  if (isPostgres(db)) {
    const newest = (most: number) => newestIn(question, same, refs('listed', order), most);
    return sql`with ${rangesOf(question)},
      heads as (select ${refs('ranges', columns)}, ${refs('newest', order)}
        from ranges cross join lateral (${newest(1)}) as newest),
      first as (select ${refs('heads', columns)} from heads ${sorted('heads')})
      select ${key} as key from first as ranges cross join lateral (${newest(limit)}) as newest ${sorted('newest')}`;
  }
  const newest = (most: number) => newestIn(question, same, sql`listed.rowid`, most);
  return sql`with ${rangesOf(question)},
    heads as (select ${refs('ranges', columns)}, (${newest(1)}) as head from ranges),
    first as (select ${refs('heads', columns)} from heads cross join ${sql.table(table)} as head
      on head.rowid = heads.head ${sorted('head')})
    select ${key} as key from first as ranges cross join ${sql.table(table)} as newest
      on newest.rowid in (${newest(limit)}) ${sorted('newest')}`;
}

/** The newest rows of the table, called `listed`, for which all conditions hold. */
function newestIn(
  { table, order, after, from, only }: KeysQuestion,
  same: readonly RawBuilder<unknown>[],
  what: RawBuilder<unknown>,
  most: number,
): RawBuilder<unknown> {
  const conditions = only === undefined ? [...same] : [...same, only];
  if (after !== null) conditions.push(sql`(${refs('listed', order)}) < (${sql.join([...after])})`);
  if (from !== undefined) conditions.push(sql`${refs('listed', order.slice(0, 1))} >= ${from}`);
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  return sql`select ${what} from ${sql.table(table)} as listed ${where}
    order by ${descending('listed', order)} limit ${sql.lit(most)}`;
}

function rangesOf({ of, values }: KeysQuestion): RawBuilder<unknown> {
  const names = Object.keys(values);
  if (names.length === 0) return sql`ranges as (${agentsOf(of)})`;
  const rows = combinations(Object.values(values)).map((row) => sql`(${sql.join([...row])})`);
  const columns = sql.join(names.map((name) => sql.ref(name)));
  if (of === 'all') return sql`ranges (${columns}) as (values ${sql.join(rows)})`;
  return sql`wanted (${columns}) as (values ${sql.join(rows)}), agent as (${agentsOf(of)}),
    ranges as (select agent_id, ${columns} from agent cross join wanted)`;
}

function agentsOf(of: KeysQuestion['of']): RawBuilder<unknown> {
  const which =
    of === 'all' ? sql`` : 'owner' in of ? sql`where owner = ${of.owner}` : sql`where id = ${of.agentId}`;
  return sql`select id as agent_id from agents ${which}`;
}

function combinations(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>(
    (all, list) => all.flatMap((row) => list.map((one) => [...row, one])),
    [[]],
  );
}

function descending(of: string, order: readonly string[]): RawBuilder<unknown> {
  return sql.join(order.map((column) => sql`${sql.ref(`${of}.${column}`)} desc`));
}

function refs(of: string, columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(`${of}.${column}`)));
}

function keyOf({ order }: KeysQuestion): string {
  return order.at(-1) ?? '';
}
