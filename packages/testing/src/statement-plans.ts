/**
 * What statements read, from the engine's own plans. Tables that grow with every mail must be read by an index that
 * leads to the rows that are wanted; an index of all rows that wait holds few.
 */
import { type Database, isPostgres } from '@tinyfat/database';
import type { CompiledQuery, KyselyPlugin } from 'kysely';
import { sql } from 'kysely';

/** Tables that grow with mail, or with what strangers do. */
const GROWING = [
  'mails',
  'jobs',
  'runs',
  'usage_hours',
  'usage_days',
  'search_documents',
  'deliveries',
  'webhook_events',
  'limit_notices',
  'approval_records',
  'approval_notices',
  'sign_in_attempts',
  'sign_in_requests',
];
/** States of rows that wait or are worked on: an index of those alone may be read from end to end. */
const PASSING = [
  'ready',
  'paused',
  'running',
  'pending',
  'sending',
  'working',
  'awaiting_approval',
  'quarantined',
  'over_limit',
];

/** Where a statement may do what is a fault elsewhere, each with the reason. */
export interface PlanAllowance {
  /** It sorts or groups rows. */
  sorts?: string;
  /** It reads many rows of one agent or owner. */
  reads?: string;
  /** What it turns off in Postgres for the statements that have this in their text. */
  off?: { in: string; settings: readonly string[] };
}

/** Gives the database with a record of all statements that run on it, and the values that they had. */
export function recordStatements(db: Database): { db: Database; statements: CompiledQuery[] } {
  const statements: CompiledQuery[] = [];
  const recorder: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const statement = db.getExecutor().compileQuery(node, queryId);
      if (!statements.some((one) => one.sql === statement.sql)) statements.push(statement);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { db: db.withPlugin(recorder), statements };
}

/** What is wrong with the plan of a statement; `mostRows` is how many rows of a growing table it may read. */
export async function planFaults(
  db: Database,
  statement: CompiledQuery,
  mostRows: number,
  allowed: PlanAllowance = {},
): Promise<string[]> {
  const faults = isPostgres(db)
    ? postgresFaults(await postgresPlan(db, statement, allowed), mostRows, allowed)
    : sqliteFaults(await sqlitePlan(db, statement), await boundedIndexes(db), statement.sql, allowed);
  return faults.map((fault) => `${fault}: ${statement.sql}`);
}

async function sqlitePlan(db: Database, statement: CompiledQuery): Promise<string[]> {
  const explained = { ...statement, sql: `explain query plan ${statement.sql}` };
  const { rows } = await db.executeQuery<{ detail: string }>(explained);
  return rows.map(({ detail }) => detail);
}

/** Indexes that hold only rows which wait, are worked on, or failed and were not acknowledged. */
async function boundedIndexes(db: Database): Promise<Set<string>> {
  const { rows } = await sql<{ name: string; sql: string }>`
    select name, sql from sqlite_schema where type = 'index' and sql like '% where %'`.execute(db);
  const isPassing = (text: string) => {
    const values = [...(text.split(/ where /i)[1] ?? '').matchAll(/'([^']*)'/g)].map(
      ([, value]) => value ?? '',
    );
    return (
      /\bfiled" = 0|acknowledged_at is null/.test(text) ||
      (values.length > 0 && values.every((value) => PASSING.includes(value)))
    );
  };
  return new Set(rows.filter((row) => isPassing(row.sql)).map(({ name }) => name));
}

/** Columns with few values: what is equal in them alone is a large part of a table. */
const COARSE = ['agent_id', 'verdict', 'state', 'status', 'kind'];

/** See sqlite.org/eqp.html. */
function sqliteFaults(
  plan: readonly string[],
  bounded: ReadonlySet<string>,
  text: string,
  { sorts, reads }: PlanAllowance,
): string[] {
  const isSorted = plan.some((line) => line.startsWith('USE TEMP B-TREE'));
  return plan.filter((line) => {
    if (line.startsWith('USE TEMP B-TREE')) return sorts === undefined;
    const [, how, alias = ''] = /^(SCAN|SEARCH) (\S+)/.exec(line) ?? [];
    if (how === undefined || !isGrowing(alias, text)) return false;
    if (/ AUTOMATIC /.test(line)) return true;
    const [, index = '', conditions = ''] = / INDEX (\S+)(?: \((.*)\))?/.exec(line) ?? [];
    if (bounded.has(index)) return false;
    if (how === 'SCAN') return !isReadFromEnd(text, isSorted);
    const isFine = / PRIMARY KEY /.test(line) || isNarrow(conditions, text) || isLimited(alias, text);
    return !isFine && reads === undefined;
  });
}

function isNarrow(conditions: string, text: string): boolean {
  const coarse = namesPassingStates(text) ? COARSE.filter((column) => column !== 'state') : COARSE;
  return conditions.split(' AND ').some((one) => !coarse.includes(/^\w+(?==)/.exec(one)?.[0] ?? ''));
}

/** Whether all states in the statement are ones that rows have for a while; those of a bound value are not known. */
function namesPassingStates(text: string): boolean {
  const [, where = ''] = text.split(/where(.*)/s);
  const named = [...where.matchAll(/state"? (?:= (\S+)|in (\([^()]*\)))/g)].flatMap(
    ([, one = '', some = '']) => `${one}${some}`.split(',').map((value) => value.replace(/[' ()]/g, '')),
  );
  return named.every((value) => PASSING.includes(value));
}

/** Whether the part of the statement that reads the table ends with a limit. */
function isLimited(alias: string, text: string): boolean {
  return new RegExp(`(as|from) "?${alias}"?\\s+where [^()]*(\\([^()]*\\)[^()]*)*limit \\d+`).test(text);
}

/** A scan in the order of the list ends at its limit, if nothing sorts and no condition leaves rows out. */
function isReadFromEnd(text: string, isSorted: boolean): boolean {
  return !isSorted && /limit (\d+|\?)\s*\)?$/.test(text.trim()) && !/ where /.test(text);
}

function isGrowing(alias: string, text: string): boolean {
  if (GROWING.includes(alias)) return true;
  const table = new RegExp(`"?(\\w+)"? as "?${alias}"?\\b`).exec(text)?.[1];
  return table !== undefined && GROWING.includes(table);
}

/** See postgresql.org/docs/current/sql-explain.html. */
interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

async function postgresPlan(
  db: Database,
  statement: CompiledQuery,
  { off }: PlanAllowance,
): Promise<PlanNode> {
  // What changes rows is run, counted and undone. An insert cannot be run twice.
  const tx = await db.startTransaction().execute();
  try {
    const settings = off && statement.sql.includes(off.in) ? off.settings : [];
    for (const name of settings) await sql`select set_config(${name}, 'off', true)`.execute(tx);
    const run = /^insert/.test(statement.sql) ? '' : 'analyze, timing off, ';
    const explained = { ...statement, sql: `explain (${run}format json) ${statement.sql}` };
    const { rows } = await tx.executeQuery<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(explained);
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
    if (!plan) throw new Error(`no plan of ${statement.sql}`);
    return plan;
  } finally {
    await tx.rollback().execute();
  }
}

function postgresFaults(plan: PlanNode, mostRows: number, { reads }: PlanAllowance): string[] {
  const { 'Relation Name': table = '', 'Node Type': type } = plan;
  const inner = (plan.Plans ?? []).flatMap((one) =>
    postgresFaults(one, mostRows, { ...(reads && { reads }) }),
  );
  if (!GROWING.includes(table)) return inner;
  if (type === 'Seq Scan') return [...inner, `Seq Scan on ${table}`];
  const out = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const rows = Math.round(((plan['Actual Rows'] ?? 0) + out) * (plan['Actual Loops'] ?? 0));
  if (rows <= mostRows || reads !== undefined) return inner;
  return [...inner, `${type} on ${table} reads ${rows} rows by ${plan['Index Name'] ?? 'several indexes'}`];
}
