/** Inbound mails: every one has a row with its verdict, and ends in exactly one state. */
import type { Mail, MailState } from './schema.ts';
import type { Database } from './sqlite.ts';

/** One mail by its id. */
export async function mailById(db: Database, id: string): Promise<Mail | undefined> {
  return await db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Sets where a mail is now, and why. */
export async function setMailState(
  db: Database,
  id: string,
  state: MailState,
  reason: string,
): Promise<void> {
  await db.updateTable('mails').set({ state, state_reason: reason }).where('id', '=', id).execute();
}

/** The newest mail with this Message-ID (with angle brackets), to whichever agent. */
export async function mailByMessageId(db: Database, messageId: string): Promise<Mail | undefined> {
  return await db
    .selectFrom('mails')
    .selectAll()
    .where('message_id', '=', messageId)
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
