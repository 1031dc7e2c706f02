import { canonicalAddress, DELIVERY_STATES, renderError } from '@tinyfat/core';
import {
  type Delivery,
  type DeliveryState,
  listSuppressed,
  markDeliverySent,
  type OfAgent,
  requeueDelivery,
  type SuppressedRecipient,
  unsuppress,
  visibleDeliveries,
  visibleDeliveryCounts,
  visibleSuppressed,
} from '@tinyfat/database';
import { type Outcome, refuse, removed } from '../answer.ts';
import { pageFrom, whole } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint, endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/outbox.ts';
import type { Visible } from '../visible.ts';
import { ofDeletedAgent } from './decide.ts';
import { DELIVERY_IS } from './delivery-words.ts';
import { readRecipients } from './mails.ts';
import { NOT_COMPOSED } from './message-bytes.ts';
import { rawRemoved } from './raw-removed.ts';

export const outboxEndpoints = [
  endpoint(routes.listOutbox, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const { state, states = [] } = query;
    const filter = { ...narrowed.row, states: state === undefined ? states : [state, ...states] };
    return await pageFrom(
      query,
      (page) => visibleDeliveries(deps.db, see.sight, filter, page),
      ({ seq }) => ({ at: seq, id: '' }),
      shown,
    );
  }),

  endpoint(routes.countOutbox, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const filter = { ...narrowed.row, states: DELIVERY_STATES };
    const counts = await visibleDeliveryCounts(deps.db, see.sight, filter, routes.MOST_COUNTED);
    const count = (state: DeliveryState) => counts.get(state) ?? 0;
    return {
      ok: true,
      body: {
        pending: count('pending'),
        sending: count('sending'),
        sent: count('sent'),
        awaiting_approval: count('awaiting_approval'),
        rejected: count('rejected'),
        failed: count('failed'),
        uncertain: count('uncertain'),
        bounced: count('bounced'),
      },
    };
  }),

  endpoint(routes.getDelivery, async ({ see, params }) => {
    const found = await see.delivery(params.id);
    return found.ok ? { ok: true, body: shown(found.row) } : found;
  }),

  endpoint(routes.getRawDelivery, async ({ deps, see, params }) => {
    const found = await see.delivery(params.id);
    if (!found.ok) return found;
    if (found.row.raw_key === '') return refuse('conflict', NOT_COMPOSED);
    if (found.row.raw_removed_at !== null) return rawRemoved(found.row.raw_removed_at);
    const content = await deps.rawMail.stream(found.row.raw_key);
    return { ok: true, body: { ...content, name: `${found.row.id}.eml` } };
  }),

  endpoint(routes.retryDelivery, async ({ deps, see, params }) => await sendAgain(deps, see, params.id)),

  endpoint(routes.markDeliverySent, async ({ deps, see, principal, params }) => {
    const found = await see.delivery(params.id);
    if (!found.ok) return found;
    const { id, state } = found.row;
    const by = principal.owner ?? 'operator';
    if (!(await markDeliverySent(deps.db, id, { by, at: deps.clock() }))) {
      return refuse('conflict', `${DELIVERY_IS[state]} Only a mail that is uncertain is marked as sent.`);
    }
    deps.logger.info('delivery_marked_sent', { delivery: id });
    // Its file in the outbox is to be filed anew.
    deps.wakeUp.wake('reports');
    return await deliveryNow(see, params.id);
  }),

  agentEndpoint(routes.listSuppressed, async ({ agent, deps }) => {
    const rows = await listSuppressed(deps.db, agent.id);
    return { ok: true, body: whole(rows.map((row) => unreached({ ...row, agent: agent.name }))) };
  }),

  endpoint(routes.listAllSuppressed, async ({ deps, see }) => ({
    ok: true,
    body: whole((await visibleSuppressed(deps.db, see.sight)).map(unreached)),
  })),

  agentEndpoint(routes.unsuppress, async ({ agent, deps, params }) => {
    const parsed = canonicalAddress(params.address.trim());
    if (!parsed.ok) return refuse('invalid_request', `"address": ${parsed.reason}`);
    const gone = await unsuppress(deps.db, agent.id, parsed.address);
    return removed(gone);
  }),
];

const RETRIED = ['failed', 'uncertain', 'bounced'] as const;

async function sendAgain(deps: ApiDeps, see: Visible, id: string): Promise<Outcome<ShownDelivery>> {
  const found = await see.delivery(id);
  if (!found.ok) return found;
  const agent = await see.agentOf(found.row);
  if (!agent.ok) return agent;
  if (agent.row.deleted_at !== null) return ofDeletedAgent();
  if (found.row.raw_key === '') return refuse('conflict', NOT_COMPOSED);
  if (found.row.raw_removed_at !== null) return rawRemoved(found.row.raw_removed_at);
  if (!(await requeueDelivery(deps.db, found.row.id, RETRIED, deps.clock()))) {
    const only = 'Only a mail that failed, is uncertain or came back is sent again.';
    return refuse('conflict', `${DELIVERY_IS[found.row.state]} ${only}`);
  }
  deps.wakeUp.wake('deliveries');
  return await deliveryNow(see, id);
}

/** A delivery as it is after it was changed. */
export async function deliveryNow(see: Visible, id: string): Promise<Outcome<ShownDelivery>> {
  const now = await see.delivery(id);
  return now.ok ? { ok: true, body: shown(now.row) } : now;
}

type ShownDelivery = ReturnType<typeof shown>;

function unreached({ agent, address, code, reason, delivery_id, created_at }: OfAgent<SuppressedRecipient>) {
  return { agent, address, code, reason, delivery: delivery_id, created_at: isoTime(created_at) };
}

function shown(row: OfAgent<Delivery>) {
  return {
    id: row.id,
    agent: row.agent,
    mail: row.mail_id,
    run: row.run_id,
    kind: row.kind,
    file: row.source_file,
    envelope_sender: row.envelope_sender,
    recipients: readRecipients(row.recipients),
    subject: row.subject,
    message_id: row.message_id,
    state: row.state,
    attempts: row.attempts,
    next_attempt_at: row.state === 'pending' ? isoTime(row.next_attempt_at) : null,
    reason_code: row.reason_code,
    reason: row.reason_code === null ? row.reason : renderError(row.reason_code, row.reason),
    provider: row.provider,
    provider_id: row.provider_id,
    created_at: isoTime(row.created_at),
    sent_at: isoTimeOrNull(row.sent_at),
    delivered_at: isoTimeOrNull(row.delivered_at),
    marked_sent_by: row.marked_sent_by,
    marked_sent_at: isoTimeOrNull(row.marked_sent_at),
  };
}
