/** Row level security without a policy hides every row from all roles but the owner of the tables. */
import { sql } from 'kysely';
import { PostgresError } from '../postgres-faults.ts';
import type { Database } from '../schema/index.ts';

/**
 * Rejects with `database_other_role` where our rows are hidden from the role that is signed in, to whom the tables would look
 * empty. Resolves with whether there are tables of ours.
 */
export async function refuseHiddenRows(db: Database): Promise<boolean> {
  const { rows } = await sql<{ there: boolean; hidden: boolean | null; as: string }>`
    select to_regclass('kysely_migration') is not null as there, current_user as as,
      row_security_active(to_regclass('kysely_migration')) as hidden`.execute(db);
  const [found] = rows;
  if (found?.hidden) throw new PostgresError('database_other_role', `It is signed in as ${found.as}.`);
  return found?.there ?? false;
}
