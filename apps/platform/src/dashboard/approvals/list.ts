/** The page with all mail that awaits approval. */
import type * as v from 'valibot';
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { type delivery, listOutbox } from '../../api/routes/outbox.ts';
import { subjectText } from '../../view/words.ts';

/** One row: what waits, for whom it is, and why it waits. */
export interface WaitingRow {
  href: string;
  subject: string;
  agent: string;
  recipients: string;
  why: string;
  /** ISO 8601. */
  at: string;
}

const PAGE = 50;
/** Recipients that a row names. */
const MOST_NAMED = 3;

/** One page of the list, the newest first, of all agents or of one. */
export async function approvalsPage(
  ask: Ask,
  { cursor, agent }: { cursor: string | null; agent: string | null },
): Promise<Outcome<{ rows: WaitingRow[]; next: string | null }>> {
  const query = {
    state: 'awaiting_approval',
    limit: String(PAGE),
    cursor: cursor ?? undefined,
    agent: agent || undefined,
  } as const;
  const listed = await ask(listOutbox, { query });
  if (!listed.ok) return listed;
  return { ok: true, body: { rows: listed.body.data.map(rowOf), next: listed.body.next_cursor } };
}

function rowOf(one: v.InferOutput<typeof delivery>): WaitingRow {
  const { recipients } = one;
  const more = recipients.length - MOST_NAMED;
  return {
    href: `/approvals/${one.id}`,
    subject: subjectText(one.subject),
    agent: one.agent,
    recipients: `${recipients.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    why: whyInWords(one.reason_code, one.reason),
    at: one.created_at,
  };
}

const WHY = new Map([
  ['recipients_not_allowed', 'goes to somebody unknown'],
  ['recipient_suppressed', 'mail to somebody on it came back'],
  ['approval_always', 'this agent asks always'],
  ['owner_edited', 'was edited'],
  ['approval_void', 'changed after it was approved'],
]);

function whyInWords(code: string | null, reason: string | null): string {
  return WHY.get(code ?? '') ?? reason ?? '';
}
