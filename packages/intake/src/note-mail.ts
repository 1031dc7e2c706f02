/** The mail row of a note by which an owner has a rejected mail written anew: written here, received from nobody. */
import { canonicalAddress } from '@tinyfat/core';
import type { Agent, Delivery, Mail, NewMail } from '@tinyfat/database';

/** What the note is made of. `rawKey`: its bytes, composed by the host. */
export interface OwnerNote {
  id: string;
  /** Epoch ms. */
  at: number;
  agent: Pick<Agent, 'id' | 'owner'>;
  agentAddress: string;
  /** The rejected mail. */
  delivery: Pick<Delivery, 'id' | 'kind' | 'message_id' | 'mail_id'>;
  /** A mail of the thread that it belongs to. */
  thread: Pick<Mail, 'thread' | 'thread_references' | 'message_id'>;
  messageId: string;
  subject: string;
  rawKey: string;
  rawBytes: number;
}

/** By this code, and by its transport `note`, such a mail is known. */
export const OWNER_NOTE = 'owner_note';

/**
 * Its sender is the owner, who is signed in, has a token, or was mailed the link. Invariant 3: where it is on an answer, the
 * mail that was answered goes where the note goes.
 */
export function noteRow(note: OwnerNote): NewMail {
  const { agent, thread, delivery } = note;
  const owner = canonicalAddress(agent.owner);
  const references = [thread.thread_references, thread.message_id].filter((ids) => ids !== '').join(' ');
  return {
    id: note.id,
    agent_id: agent.id,
    received_at: note.at,
    via: 'note',
    client_address: null,
    envelope_sender: agent.owner,
    envelope_recipient: note.agentAddress,
    raw_key: note.rawKey,
    raw_bytes: note.rawBytes,
    sender: agent.owner,
    sender_base: owner.ok ? owner.base : agent.owner,
    sender_name: '',
    message_id: note.messageId,
    in_reply_to: delivery.message_id,
    thread_references: references,
    thread: thread.thread,
    others: '[]',
    signature: null,
    secret_address: null,
    subject: note.subject,
    sent_at: note.at,
    verdict: 'accepted',
    reason_code: OWNER_NOTE,
    reason: 'The owner rejected a mail with this note.',
    evidence: 'null',
    authentication: 'your owner, who rejected a mail of yours on the pages of this server',
    state: 'queued',
    state_reason: '',
    rewrites: delivery.id,
    answers_for: delivery.kind === 'reply' ? delivery.mail_id : null,
  };
}
