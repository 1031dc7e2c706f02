/** Who decides about a mail that awaits approval, and what is answered where it can not be decided any more. */
import type { ApprovalVia, Decision, Delivery, OfAgent } from '@tinyfat/database';
import { approvalRecords } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import type { Principal } from '../principal.ts';
import type { Visible } from '../visible.ts';
import { DELIVERY_IS } from './delivery-words.ts';

const WORDS = {
  approved: 'It was approved',
  rejected: 'It was rejected',
  rejected_with_note: 'It was rejected with a note',
  edited: 'It was edited',
  voided: 'Its approval became void',
} as const;

/** The decision of this principal, now, about what has this digest. */
export function decisionOf(deps: Pick<ApiDeps, 'clock'>, principal: Principal, digest: string): Decision {
  const via: ApprovalVia = principal.byLink ? 'link' : principal.kind;
  return { by: { address: principal.owner, via }, at: deps.clock(), digest };
}

/** Null where it may be decided about what was read: it awaits approval, and has the digest that was shown, if one is given. */
export async function undecidable(
  { db }: Pick<ApiDeps, 'db'>,
  row: Delivery,
  { shown, digest }: { shown: string | undefined; digest: string },
): Promise<Refusal | null> {
  if (row.state !== 'awaiting_approval') return await decided({ db }, row);
  return shown === undefined || shown === digest ? null : refuse('approval_void');
}

/** What it is now, and who made it that. */
async function decided({ db }: Pick<ApiDeps, 'db'>, row: Delivery): Promise<Refusal> {
  const [last] = await approvalRecords(db, row.id, 1);
  if (!last) return refuse('conflict', `${DELIVERY_IS[row.state]} It does not await approval.`);
  const by = last.by_address === null ? '' : ` by ${last.by_address}`;
  return refuse('conflict', `It does not await approval any more. ${WORDS[last.action]}${by}.`);
}

/** The refusal where a mail would leave in the name of an agent whose name may be another one's by now. */
export function ofDeletedAgent(): Refusal {
  const deleted = refuse('conflict', 'The agent is deleted, so no mail of it leaves any more.');
  return { ...deleted, nextStep: 'A mail that awaits approval can be rejected.' };
}

/** The refusal where somebody else was faster: it was decided, or is another one by now. */
export async function overtaken(
  deps: Pick<ApiDeps, 'db'>,
  see: Visible,
  row: OfAgent<Delivery>,
): Promise<Refusal> {
  const now = await see.delivery(row.id);
  if (!now.ok) return now;
  return now.row.state === 'awaiting_approval' ? refuse('approval_void') : await decided(deps, now.row);
}
