/** Rows of mails for the suites and the tests that need some. */
import type { NewMail } from '@tinyfat/database';

let made = 0;

/** A mail row as intake writes it; agents `agent-a` and `agent-b` must exist. */
export function mailRow(agentId: string, messageId: string, more: Partial<NewMail> = {}): NewMail {
  made++;
  return {
    id: `mail-${made}`,
    agent_id: agentId,
    received_at: made,
    via: 'smtp',
    client_address: '192.0.2.1',
    envelope_sender: 'a@example.com',
    envelope_recipient: 'agent@example.com',
    raw_key: `raw-${made}`,
    raw_bytes: 10,
    sender: 'a@example.com',
    sender_base: 'a@example.com',
    secret_address: null,
    sender_name: '',
    message_id: messageId,
    in_reply_to: null,
    thread_references: '',
    thread: messageId,
    others: '[]',
    signature: null,
    subject: 'Hello',
    sent_at: null,
    verdict: 'accepted',
    reason_code: 'accepted',
    reason: '',
    evidence: '{}',
    authentication: '',
    state: 'queued',
    state_reason: '',
    ...more,
    ...(more.sender === undefined ? {} : { sender_base: more.sender }),
  };
}

/** How many were made so far, for names that differ. */
export function rowsMade(): number {
  return made;
}
