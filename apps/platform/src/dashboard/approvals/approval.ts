/** A mail that awaits approval, as its page shows it. */
import { describeError } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import {
  type approval,
  type approvalRecord,
  getApproval,
  type heldRecipient,
} from '../../api/routes/approvals.ts';
import type { Tone } from '../../view/words.ts';

export type Approval = v.InferOutput<typeof approval>;
type RecordLine = v.InferOutput<typeof approvalRecord>;

/** A recipient with what is known of them. */
export interface ShownRecipient {
  address: string;
  name: string;
  label: string;
  tone: Tone;
  /** Why mail does not reach them; null for nothing. */
  trouble: string | null;
}

/** One line of what was decided. */
export interface ShownRecord {
  /** Who did what: `ann@example.com approved it`. */
  text: string;
  tone: Tone;
  at: string;
  note: string | null;
}

/** Everything that the page shows. */
export interface ApprovalPage {
  mail: Approval;
  waits: boolean;
  /** Why it waits, in the words of the server, and where that is set; null where it does not wait. */
  why: { what: string; mend: { href: string; label: string } | null } | null;
  groups: { label: 'To' | 'Cc' | 'Also'; people: ShownRecipient[] }[];
  strangers: number;
  record: ShownRecord[];
}

/** Asks for it. */
export async function approvalPage(ask: Ask, id: string): Promise<Outcome<ApprovalPage>> {
  const found = await ask(getApproval, { params: { id } });
  return found.ok ? { ok: true, body: pageOf(found.body) } : found;
}

/** The page of what was answered. */
export function pageOf(mail: Approval): ApprovalPage {
  const waits = mail.state === 'awaiting_approval';
  const ofHeader = (header: v.InferOutput<typeof heldRecipient>['header']) =>
    mail.recipients.filter((one) => one.header === header).map(recipientInWords);
  const groups = [
    { label: 'To' as const, people: ofHeader('to') },
    { label: 'Cc' as const, people: ofHeader('cc') },
    { label: 'Also' as const, people: ofHeader('none') },
  ].filter(({ people }) => people.length > 0);
  return {
    mail,
    waits,
    why: waits ? whyItWaits(mail) : null,
    groups,
    strangers: mail.recipients.filter(({ known_as: known }) => known === null).length,
    record: mail.record.map(recordInWords),
  };
}

const KNOWN = {
  owner: { label: 'the owner', tone: 'good' },
  sender: { label: 'who wrote', tone: 'good' },
  allowed: { label: 'allowed sender', tone: 'good' },
  wrote_before: { label: 'has written before', tone: 'quiet' },
} as const;

function recipientInWords({
  address,
  name,
  known_as,
  suppressed,
}: v.InferOutput<typeof heldRecipient>): ShownRecipient {
  const known = known_as === null ? { label: 'unknown', tone: 'wait' as const } : KNOWN[known_as];
  return { address, name, ...known, trouble: suppressed && troubleText(suppressed) };
}

/** The reason of somebody who complained says it itself; other reasons are those of their server. */
function troubleText(reason: string): string {
  return /^(?:complained|gave feedback)\b/.test(reason)
    ? `They ${reason}`
    : `Mail to them came back: ${reason}`;
}

/** The next step of the code is for the command line: a page has buttons and links for it. */
function whyItWaits({ reason, reason_code: code, agent }: Approval): ApprovalPage['why'] {
  const { sentence, nextStep } = describeError(code ?? 'recipients_not_allowed');
  const detail = (reason ?? '').replace(sentence, '').replace(nextStep, '').trim();
  const name = encodeURIComponent(agent);
  const mend = new Map([
    ['recipients_not_allowed', { href: `/agents/${name}/senders`, label: `Whom ${agent} knows` }],
    [
      'recipient_suppressed',
      { href: `/agents/${name}/senders#suppressed`, label: `Whom mail of ${agent} does not reach` },
    ],
    ['approval_always', { href: `/agents/${name}/settings`, label: `When ${agent} asks` }],
  ]);
  return { what: detail === '' ? sentence : detail, mend: mend.get(code ?? '') ?? null };
}

const DID = {
  edited: { verb: 'edited it', tone: 'quiet' },
  approved: { verb: 'approved it', tone: 'good' },
  rejected: { verb: 'rejected it', tone: 'bad' },
  rejected_with_note: { verb: 'rejected it with a note', tone: 'bad' },
  voided: { verb: '', tone: 'wait' },
} as const;

const BY = {
  session: '',
  token: ' over the API',
  operator: '',
  link: ' by the link in a mail',
  host: '',
} as const;

/** Who did what, how. */
export function recordInWords({ action, by, via, at, note }: RecordLine): ShownRecord {
  const { verb, tone } = DID[action];
  const who = by ?? (via === 'operator' ? 'The operator of the server' : 'The server');
  const text =
    action === 'voided'
      ? 'It was not what had been approved when it was to be sent, so it was not sent: the approval is void'
      : `${who} ${verb}${BY[via]}`;
  return { text, tone, at, note };
}
