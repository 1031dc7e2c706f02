/** Whose mail goes on in a session. */
import { canonicalAddress, type SessionScope, sessionScopeKey } from '@tinyfat/core';
import { type Database, lastMailOfSession } from '@tinyfat/database';

/** The intake makes up the id of a mail that has none. */
const MADE_UP = '@no-message-id.invalid>';

/** The key of the scope in which `/resume` by whoever wrote a session's newest mail would go on; null: not on record. */
export async function scopeOfSession(
  db: Database,
  agentId: string,
  sessionId: string,
  scope: SessionScope,
): Promise<string | null> {
  if (scope === 'agent') return 'agent';
  const mail = await lastMailOfSession(db, agentId, sessionId);
  const sender = canonicalAddress(mail?.sender ?? '');
  if (mail === undefined || !sender.ok) return null;
  return sessionScopeKey(scope, {
    sender,
    messageId: mail.message_id.endsWith(MADE_UP) ? null : mail.message_id,
    inReplyTo: mail.in_reply_to,
    references: mail.thread_references === '' ? [] : mail.thread_references.split(' '),
    fallback: mail.id,
  });
}
