/** Outgoing mails, people whom they don't reach, and notices of limits. */
import type { DeliveryState, LimitCode } from '@tinyfat/core';
import type { Generated, Insertable, Selectable } from 'kysely';

export interface DeliveryTables {
  deliveries: DeliveriesTable;
  suppressed_recipients: SuppressedRecipientsTable;
  limit_notices: LimitNoticesTable;
  approval_records: ApprovalRecordsTable;
  approval_notices: ApprovalNoticesTable;
}

export type { DeliveryState };

/** One outgoing message with the exact bytes that are sent, recorded before the first try. */
interface DeliveriesTable {
  seq: Generated<number>;
  id: string;
  agent_id: string;
  mail_id: string;
  run_id: string;
  kind: 'reply' | 'mail' | 'command' | 'error';
  /** File name below outbox/email; null for mail that the host wrote. */
  source_file: string | null;
  source_sha256: string | null;
  envelope_sender: string;
  /** JSON array of addresses. */
  recipients: string;
  subject: string;
  message_id: string;
  raw_key: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: Generated<number>;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  leased_by: Generated<string | null>;
  lease_until: Generated<number | null>;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  scheduled_at: Generated<number>;
  /**
   * Epoch ms of the first try whose outcome is not known, the one under way included; null where there is none.
   * `provider` is then the one that it was tried with.
   */
  doubt_since: number | null;
  reason_code: string | null;
  /** A sentence on why it awaits approval, failed, is uncertain or bounced, or on the last temporary failure. */
  reason: string | null;
  provider: string | null;
  provider_id: string | null;
  /** The Message-ID that the provider reported, where it has put one of its own in the place of ours. */
  provider_message_id: string | null;
  /** When the receiving server took it, for the first of its recipients, as the provider reported. */
  delivered_at: number | null;
  created_at: number;
  sent_at: number | null;
  /** 1 once the outbox file lies where the state says (sent/ or failed/), or there is none. */
  filed: number;
  /** When retention removed the bytes behind `raw_key`; null while they are stored. */
  raw_removed_at: number | null;
  /** core's `approvalDigest` of what a person approved; null for mail that nobody had to approve. Nothing else is sent. */
  approved_digest: string | null;
  /** When its owner said that the failure needs nothing more; null while nobody did. */
  acknowledged_at: Generated<number | null>;
  /** Who said of an uncertain one that it has been sent (address; `operator` for a command on the machine), and when. */
  marked_sent_by: Generated<string | null>;
  marked_sent_at: Generated<number | null>;
}

/** A person whom an agent's mail does not reach or who complained: mail to them awaits the owner's approval. */
interface SuppressedRecipientsTable {
  agent_id: string;
  /** Canonical. */
  address: string;
  code: 'bounced' | 'complained';
  /** The diagnostic of the report. */
  reason: string;
  delivery_id: string;
  created_at: number;
}

/** `dropped`: nothing waited any more, or the recipient gets no mail from the agent. */
export type LimitNoticeState = 'pending' | 'sending' | 'sent' | 'failed' | 'dropped';

/** The newest notice to one recipient that mails to an agent wait because of a limit. */
interface LimitNoticesTable {
  agent_id: string;
  /** A `sender` learns of their own mail, the `owner` of all that wait. */
  role: 'sender' | 'owner';
  /** Canonical address without tag. */
  recipient: string;
  id: string;
  /** The mail that was over the limit. */
  mail_id: string;
  limit_code: LimitCode;
  /** What the notice to the owner says, as JSON, once the first try has fixed it. */
  waiting: string | null;
  state: LimitNoticeState;
  attempts: number;
  next_attempt_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: Generated<number>;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  leased_by: Generated<string | null>;
  lease_until: Generated<number | null>;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  scheduled_at: Generated<number>;
  created_at: number;
}

/** What was done with a mail that awaits approval; `voided`: it was not what had been approved when it was to be sent. */
export type ApprovalAction = 'edited' | 'approved' | 'rejected' | 'rejected_with_note' | 'voided';
/** The way by which it was done; `host`: by the platform itself. */
export type ApprovalVia = 'session' | 'token' | 'operator' | 'link' | 'host';

/** One line of the record, which only grows. */
interface ApprovalRecordsTable {
  seq: Generated<number>;
  delivery_id: string;
  action: ApprovalAction;
  /** Canonical address of the person; null for the operator of the machine and for the platform. */
  by_address: string | null;
  via: ApprovalVia;
  at: number;
  /** core's `approvalDigest` of what it was done to; of an edit, of what it was made into. */
  digest: string | null;
  /** What the owner wrote with a rejection. */
  note: string | null;
  /** Of an edit: key of the bytes that were replaced. */
  raw_key: string | null;
  /** When retention removed those bytes; null while they are stored. */
  raw_removed_at: number | null;
}

/** `dropped`: it was decided already, the owner gets no mail from the agent, or there were too many. */
export type ApprovalNoticeState = 'pending' | 'sending' | 'sent' | 'failed' | 'dropped';

/** The one mail that tells an owner of a mail that awaits approval. */
interface ApprovalNoticesTable {
  delivery_id: string;
  agent_id: string;
  state: ApprovalNoticeState;
  attempts: number;
  next_attempt_at: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: number;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  leased_by: string | null;
  lease_until: number | null;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  scheduled_at: number;
  created_at: number;
}

export type Delivery = Selectable<DeliveriesTable>;
export type NewDelivery = Insertable<DeliveriesTable>;
export type SuppressedRecipient = Selectable<SuppressedRecipientsTable>;
export type LimitNotice = Selectable<LimitNoticesTable>;
export type ApprovalRecord = Selectable<ApprovalRecordsTable>;
export type ApprovalNotice = Selectable<ApprovalNoticesTable>;
