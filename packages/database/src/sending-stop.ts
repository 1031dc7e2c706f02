/** The switch that stops all sending. Every sender looks at it in the statement that claims what it sends next. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './schema/index.ts';
import { changed } from './statements.ts';

const ALL = 'all';

/** That sending is stopped: since when (epoch ms), and by whom; null for a program on the machine itself. */
export interface SendingStop {
  at: number;
  by: string | null;
}

/** The stop that is in force; null while mail goes out. */
export async function sendingStop(db: Database): Promise<SendingStop | null> {
  const row = await db
    .selectFrom('sending_stops')
    .select(['stopped_at as at', 'stopped_by as by'])
    .where('name', '=', ALL)
    .executeTakeFirst();
  return row ?? null;
}

/** Stops all sending; an older stop stays as it is. False where one was in force. */
export async function stopSending(db: Database, { at, by }: SendingStop): Promise<boolean> {
  return await changed(
    db
      .insertInto('sending_stops')
      .values({ name: ALL, stopped_at: at, stopped_by: by })
      .onConflict((conflict) => conflict.column('name').doNothing()),
  );
}

/** Lets mail go out again; false where it did. */
export async function resumeSending(db: Database): Promise<boolean> {
  return await changed(db.deleteFrom('sending_stops').where('name', '=', ALL));
}

/** The condition of a claim: nothing is claimed while sending is stopped. */
export const whileSending: RawBuilder<unknown> = sql`not exists (select 1 from sending_stops)`;
