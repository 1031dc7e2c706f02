/**
 * Named locks for what reads and then writes: a limit, a budget, a count, a file. The field's name for it is a mutex; it is
 * held until the transaction ends. SQLite has one writer at a time from a transaction's beginning, so there a lock does
 * nothing; on Postgres it is a row, since poolers and Hyperdrive have no session locks and no advisory ones.
 */
import { errorCode } from '@tinyfat/core';
import { sql } from 'kysely';
import { isPostgres } from './engine.ts';
import type { Database } from './schema/index.ts';

/** Whose or which, after what is locked: an agent by id, an owner by address, an agent's files by its id. */
export type LockName =
  `${'agent' | 'owner' | 'files' | 'sign-in' | 'master-keys' | 'installation'}:${string}`;

/** Rows of each kind at most: names come from strangers too. Two names that share a row wait for each other. */
const ROWS = 4096;
/** Tries of a transaction that Postgres ends, the first one among them. */
const TRIES = 5;
/**
 * Serialization failure and deadlock: nothing was written, and Postgres asks for a repetition (mvcc-serialization-failure-
 * handling.html).
 */
const TO_BE_REPEATED = ['40001', '40P01'];

/** What each transaction holds. */
const held = new WeakMap<Database, ReadonlySet<string>>();

/**
 * Runs a transaction that begins with these locks. It is repeated, a few times at most, where Postgres ends it for a
 * deadlock or a serialization failure; so `work` writes rows and does nothing else that lasts. Rejects as `work` does, and
 * then nothing is written.
 */
export async function transact<Result>(
  db: Database,
  names: readonly LockName[],
  work: (tx: Database) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await transactOnce(db, names, work);
    } catch (error) {
      if (tries === TRIES || !TO_BE_REPEATED.includes(errorCode(error))) throw error;
    }
  }
}

/** The same without repetition, for work that changes more than rows, such as files. */
export async function transactOnce<Result>(
  db: Database,
  names: readonly LockName[],
  work: (tx: Database) => Promise<Result>,
): Promise<Result> {
  const transaction = db.transaction();
  // Whatever the database's default is: in a stricter level a read after the lock would show what was before the wait.
  const begun = isPostgres(db) ? transaction.setIsolationLevel('read committed') : transaction;
  return await begun.execute(async (tx) => {
    await lock(tx, ...names);
    return await work(tx);
  });
}

/**
 * Runs a change to an agent's files that first reads and then writes, one at a time over all processes. It must not use
 * the database; the agent's turn does not wait.
 */
export async function editFiles<Result>(
  db: Database,
  agentId: string,
  change: () => Promise<Result>,
): Promise<Result> {
  return await transactOnce(db, [`files:${agentId}`], change);
}

/**
 * Takes the locks with these names and holds them until the transaction ends; waits for other holders. Everything that is
 * read after it is as the last holder left it. A transaction takes all that it needs in one call, which orders them, so
 * that no two wait for each other. Throws outside of a transaction, and where a second call asks for more.
 */
export async function lock(tx: Database, ...names: readonly LockName[]): Promise<void> {
  if (!tx.isTransaction) throw new Error(`a lock on ${names.join(', ')} needs a transaction`);
  if (names.length === 0) return;
  const rows = [...new Set(names.map(rowOf))].sort();
  const before = held.get(tx);
  if (before) {
    if (rows.every((row) => before.has(row))) return;
    throw new Error(`${names.join(', ')} must be locked together with what is locked already`);
  }
  held.set(tx, new Set(rows));
  if (!isPostgres(tx)) return;
  // A row that is there is locked and not changed (sql-insert.html, "ON CONFLICT DO UPDATE"), so that it leaves no dead
  // version behind.
  await sql`insert into locks as held (name) values ${sql.join(rows.map((row) => sql`(${row})`))}
    on conflict (name) do update set name = excluded.name where false`.execute(tx);
}

/** FNV-1a over the name, which spreads them well enough. */
function rowOf(name: LockName): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return `${name.slice(0, name.indexOf(':'))}:${(hash >>> 0) % ROWS}`;
}
