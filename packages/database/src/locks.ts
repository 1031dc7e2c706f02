/**
 * Named locks for what reads and then writes: a limit, a budget, a count, a file. The field's name for it is a mutex; it is
 * held until the transaction ends. SQLite has one writer at a time from a transaction's beginning, so there a lock does
 * nothing; on Postgres it is a row, since poolers and Hyperdrive have no session locks and no advisory ones.
 */
import { sql } from 'kysely';
import { isPostgres } from './engine.ts';
import type { Database } from './schema/index.ts';

/** What a name begins with. */
type LockName = `${'agent' | 'owner' | 'files' | 'sign-in' | 'master-keys' | 'installation'}:${string}`;

/** Rows of each kind at most: names come from strangers too. Two names that share a row wait for each other. */
const ROWS = 4096;

/**
 * Takes the locks with these names and holds them until the transaction ends; waits for other holders. Everything that is
 * read after it is as the last holder left it. Take all that a transaction needs in one call, which orders them: of two
 * transactions that take theirs one by one Postgres may end one (40P01). Throws outside of a transaction.
 */
export async function lock(tx: Database, ...names: readonly LockName[]): Promise<void> {
  if (!tx.isTransaction) throw new Error(`a lock on ${names.join(', ')} needs a transaction`);
  if (names.length === 0 || !isPostgres(tx)) return;
  const rows = [...new Set(names.map(rowOf))].sort();
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
