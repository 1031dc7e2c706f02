/**
 * Leased rows: one protocol for jobs, deliveries, webhook events, limit notices and sign-in mails. A row waits until
 * it is due; a claim gives it to one worker, with a higher fence, until the lease ends; the holder renews the lease and
 * settles the row. What a worker does under an older fence changes nothing. Any worker gives back what a dead one held.
 */
import type { Clock, WorkerIdentity } from '@tinyfat/core';
import { type RawBuilder, sql } from 'kysely';
import { isPostgres } from './engine.ts';
import type { Database, Schema } from './schema/index.ts';

/** Such a table, with its names where they are not the usual ones. `prefix`: what its columns begin with. */
export interface LeasedTable {
  name: keyof Schema;
  key: string;
  prefix?: string;
  /** The state of a row that waits, and of one that is claimed. */
  waiting?: string;
  claimed?: string;
  due?: string;
}

export interface LeaseDeps {
  db: Database;
  clock: Clock;
  worker: WorkerIdentity;
  /** How long a lease lasts without a renewal. */
  leaseMs: number;
}

/** A row in somebody's hands. */
export interface Held {
  key: string | number;
  fence: number;
}

/** The rows of one table, as a worker on them uses it. */
export interface LeasedRows<Row> {
  /** Claims one row that is due; undefined where there is none. Two that ask at once never get the same row. */
  claim(): Promise<Row | undefined>;
  /** The row's key, and the fence under which it was claimed. */
  heldOf(row: Row): Held;
  /** Prolongs the lease; false when it was lost. */
  renew(row: Row): Promise<boolean>;
  /**
   * Gives back the rows of dead workers, and gives how many there were. `isOwn`: what this worker still works on, which
   * it never takes from itself, however far the clock jumps.
   */
  reclaim(isOwn: (held: Held) => boolean): Promise<number>;
  /** When the next waiting row is due, epoch ms; null when none waits. */
  nextDue(): Promise<number | null>;
  /**
   * Makes due what a clock that was set back would delay: rows that were scheduled at a time that has not come yet. Gives
   * how many there were.
   */
  dueAfterSetBack(): Promise<number>;
}

/** What differs between tables. Conditions call the table `next`. */
interface Rules<Row> {
  heldOf(row: Row): Held;
  /** Which rows may be claimed; all that are due where it is not given. */
  only?(now: number): RawBuilder<unknown>;
  /** What a claim sets besides the protocol's columns. */
  set?(now: number): RawBuilder<unknown>;
  orderBy: readonly string[];
  /** Settles a row whose worker has died; false when somebody else was faster. It waits again where this is not given. */
  giveBack?(held: Held, now: number): Promise<boolean>;
}

/** A lease as any worker sees it. `leasedBy` is null where a version without leases claimed the row. */
interface SeenLease extends Held {
  leasedBy: string | null;
  leaseUntil: number | null;
}

/** A clock that is so much behind the time at which a row was scheduled has been set back. */
const SET_BACK_MS = 60_000;
/** A worker that lives and has not renewed for so many leases hangs. */
const HUNG_LEASES = 20;
const ALL = () => sql`true`;

/** The protocol over a table. */
export function leasedRows<Row>(
  deps: LeaseDeps,
  table: LeasedTable,
  { set, orderBy, ...rules }: Rules<Row>,
): LeasedRows<Row> {
  const { db, clock } = deps;
  const { name, key } = table;
  const { only = ALL } = rules;
  const { state, waiting, due, attempts } = columnsOf(table);
  return {
    ...leases(deps, table, rules),

    // States and the limit are literals: with bound ones SQLite does not use the partial indexes.
    async claim() {
      const now = clock();
      const { rows } = await sql<Row>`
        update ${sql.table(name)} set ${claimValues(deps, table, now)}, ${attempts} = ${attempts} + 1
          ${set ? sql`, ${set(now)}` : sql``}
        where ${sql.ref(key)} = (
          select ${sql.ref(key)} from ${sql.table(name)} as next
          where ${state} = ${waiting} and ${due} <= ${now} and ${only(now)}
          order by ${sql.join(orderBy.map((column) => sql.ref(column)))} limit 1 ${skipLocked(db)}
        ) and ${state} = ${waiting}
        returning *`.execute(db);
      return rows[0];
    },
  };
}

/** The part of the protocol that is the same for a table with a claim of its own. */
export function leases<Row>(
  deps: LeaseDeps,
  table: LeasedTable,
  {
    heldOf,
    only = ALL,
    giveBack = (held, now) => putBack(deps.db, table, held, now),
  }: Omit<Rules<Row>, 'set' | 'orderBy'>,
): Omit<LeasedRows<Row>, 'claim'> {
  const { db, clock, leaseMs } = deps;
  const { name, key } = table;
  const { state, waiting, claimed, due, scheduledAt, fence, leasedBy, leaseUntil } = columnsOf(table);
  return {
    heldOf,
    renew: (row) => changeHeld(db, table, heldOf(row), sql`${leaseUntil} = ${clock() + leaseMs}`),

    async reclaim(isOwn) {
      const { rows } = await sql<SeenLease>`
        select ${sql.ref(key)} as key, ${fence} as fence, ${leasedBy} as ${sql.ref('leasedBy')},
          ${leaseUntil} as ${sql.ref('leaseUntil')}
        from ${sql.table(name)} where ${state} = ${claimed}`.execute(db);
      let count = 0;
      for (const lease of rows) {
        const isDead = !isOwn(lease) && isDeadLease(deps, lease);
        if (isDead && (await giveBack(lease, clock()))) count++;
      }
      return count;
    },

    async nextDue() {
      const { rows } = await sql<{ at: number | null }>`
        select min(${due}) as at from ${sql.table(name)} as next
        where ${state} = ${waiting} and ${only(clock())}`.execute(db);
      return rows[0]?.at ?? null;
    },

    async dueAfterSetBack() {
      const now = clock();
      const { rows } = await sql`
        update ${sql.table(name)} set ${due} = ${now}, ${scheduledAt} = ${now}
        where ${state} = ${waiting} and ${scheduledAt} > ${now + SET_BACK_MS} and ${due} > ${now}
        returning ${sql.ref(key)}`.execute(db);
      return rows.length;
    },
  };
}

/** What a claim sets in a row, without the count of attempts. */
export function claimValues(
  { worker, leaseMs }: LeaseDeps,
  table: LeasedTable,
  now: number,
): RawBuilder<unknown> {
  const { state, claimed, fence, leasedBy, leaseUntil } = columnsOf(table);
  return sql`${state} = ${claimed}, ${fence} = ${fence} + 1, ${leasedBy} = ${worker.id},
    ${leaseUntil} = ${now + leaseMs}`;
}

/** Ends a select of rows to be claimed: rows that another transaction is claiming are left out. */
export function skipLocked(db: Database): RawBuilder<unknown> {
  return isPostgres(db) ? sql`for update of next skip locked` : sql``;
}

/**
 * Ends a claim with these values, the new state among them; false, and nothing is changed, when the lease was lost. A row
 * that is to wait again is scheduled at `now` (epoch ms).
 */
export async function settleHeld(
  db: Database,
  table: LeasedTable,
  held: Held,
  values: Readonly<Record<string, string | number | null | RawBuilder<unknown>>>,
  now: number,
): Promise<boolean> {
  const { leasedBy, leaseUntil, scheduledAt } = columnsOf(table);
  const set = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
  const end = [sql`${leasedBy} = null`, sql`${leaseUntil} = null`, sql`${scheduledAt} = ${now}`];
  return await changeHeld(db, table, held, sql.join([...set, ...end]));
}

/**
 * Ends a claim so that the row waits again, due as it was: it stays before the rows that came later. False when the lease
 * was lost.
 */
export async function putBack(
  db: Database,
  table: LeasedTable,
  held: Held,
  now: number,
  values: Readonly<Record<string, string | number>> = {},
): Promise<boolean> {
  const { due } = columnsOf(table);
  const { prefix, waiting, due: dueColumn } = { ...USUAL, ...table };
  // Where the clock was set back meanwhile, it would be due in the future.
  const asItWas = sql`case when ${due} < ${now} then ${due} else ${now} end`;
  return await settleHeld(
    db,
    table,
    held,
    { ...values, [`${prefix}state`]: waiting, [dueColumn]: asItWas },
    now,
  );
}

/**
 * Gives back a row that stands for a mail, of a worker that died: it is tried again where the provider folds repeats, and has
 * failed where nobody knows whether the mail was sent.
 */
export function mailGivenBack(
  db: Database,
  table: LeasedTable,
  idempotent: boolean,
): (held: Held, now: number) => Promise<boolean> {
  const { prefix, due } = { ...USUAL, ...table };
  return (held, now) =>
    idempotent
      ? putBack(db, table, held, now)
      : settleHeld(db, table, held, { [`${prefix}state`]: 'failed', [due]: now }, now);
}

/** Changes a claimed row without ending the claim; false when the lease was lost. */
export async function changeHeld(
  db: Database,
  table: LeasedTable,
  held: Held,
  set: RawBuilder<unknown>,
): Promise<boolean> {
  const { state, claimed, fence } = columnsOf(table);
  const { rows } = await sql`
    update ${sql.table(table.name)} set ${set}
    where ${sql.ref(table.key)} = ${held.key} and ${fence} = ${held.fence} and ${state} = ${claimed}
    returning ${sql.ref(table.key)}`.execute(db);
  return rows.length > 0;
}

/**
 * Whether nobody works on the row any more. The process table of this machine knows it for sure; for another machine the
 * lease's time decides. A clock that jumps forward takes nothing from a process that lives here.
 */
function isDeadLease({ clock, worker, leaseMs }: LeaseDeps, { leasedBy, leaseUntil }: SeenLease): boolean {
  if (leasedBy === null) return true;
  const lateMs = clock() - (leaseUntil ?? 0);
  // Not worked on and ours: the answer to the claim was lost.
  if (leasedBy === worker.id) return lateMs > 0;
  const lives = worker.lives(leasedBy);
  if (lives === false) return true;
  return lateMs > (lives ? HUNG_LEASES * leaseMs : 0);
}

const USUAL = { prefix: '', waiting: 'pending', claimed: 'sending', due: 'next_attempt_at' };

function columnsOf(table: LeasedTable) {
  const { prefix, waiting, claimed, due } = { ...USUAL, ...table };
  const column = (name: string) => sql.ref(prefix + name);
  return {
    state: column('state'),
    attempts: column('attempts'),
    fence: column('fence'),
    leasedBy: column('leased_by'),
    leaseUntil: column('lease_until'),
    scheduledAt: column('scheduled_at'),
    due: sql.ref(due),
    waiting: sql.lit(waiting),
    claimed: sql.lit(claimed),
  };
}
