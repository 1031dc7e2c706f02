import { type Agent, approveDelivery, type Delivery, type OfAgent } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { type Call, endpoint } from '../endpoint.ts';
import * as routes from '../routes/approvals.ts';
import { decisionOf, ofDeletedAgent, overtaken, undecidable } from './decide.ts';
import { editMail } from './edit-mail.ts';
import { deliveryNow } from './outbox.ts';
import { type OutgoingBytes, readOutgoing } from './outgoing-mail.ts';
import { rejectPlainly, rejectWithNote } from './reject-mail.ts';
import { isAgents, showApproval } from './show-approval.ts';

export const approvalEndpoints = [
  endpoint(routes.getApproval, async (call) => {
    const found = await call.see.delivery(call.params.id);
    if (!found.ok) return found;
    const agent = await call.see.agentOf(found.row);
    return agent.ok ? await showApproval(call, found.row, agent.row.owner) : agent;
  }),

  endpoint(routes.approveDelivery, async (call) => {
    const { deps, see, params, principal } = call;
    const read = await readToDecide(call, call.body.digest);
    if (!read.ok) return read;
    const { row, agent, digest } = read;
    if (agent.deleted_at !== null) return ofDeletedAgent();
    if (!(await approveDelivery(deps.db, row, decisionOf(deps, principal, digest)))) {
      return await overtaken(deps, see, row);
    }
    deps.wakeUp.wake('deliveries');
    return await deliveryNow(see, params.id);
  }),

  endpoint(routes.rejectDelivery, async (call) => {
    const { deps, see, params, principal, body } = call;
    const read = await readToDecide(call, body.digest);
    if (!read.ok) return read;
    const { row, digest } = read;
    const decision = decisionOf(deps, principal, digest);
    const { note } = body;
    const done =
      note === undefined
        ? await rejectPlainly(deps, row, decision)
        : await rejectWithNote(deps, read, { ...decision, note });
    if (typeof done !== 'boolean') return done;
    if (!done) return await overtaken(deps, see, row);
    deps.wakeUp.wake('reports');
    if (note !== undefined) deps.wakeUp.wake('jobs');
    return await deliveryNow(see, params.id);
  }),

  endpoint(routes.editDelivery, async (call) => {
    const { deps, see, params, principal } = call;
    const { digest: shown, ...edit } = call.body;
    const read = await readToDecide(call, shown);
    if (!read.ok) return read;
    const { row, agent } = read;
    if (agent.deleted_at !== null) return ofDeletedAgent();
    if (!isAgents(row)) return refuse('conflict', 'The agent did not write it, so it can not be edited.');
    const done = await editMail(deps, read, edit, decisionOf(deps, principal, shown));
    if (typeof done !== 'boolean') return done;
    if (!done) return await overtaken(deps, see, row);
    const now = await see.delivery(params.id);
    return now.ok ? await showApproval(call, now.row, agent.owner) : now;
  }),
];

/** The delivery with its bytes, where it may be decided about what was shown. */
async function readToDecide(
  call: Pick<Call<{ id: string }, unknown, unknown>, 'deps' | 'see' | 'params' | 'reservation'>,
  shown: string | undefined,
): Promise<({ ok: true; row: OfAgent<Delivery>; agent: Agent } & OutgoingBytes) | Refusal> {
  const { deps, see, params } = call;
  const found = await see.delivery(params.id);
  if (!found.ok) return found;
  const { row } = found;
  const agent = await see.agentOf(row);
  if (!agent.ok) return agent;
  if (row.state !== 'awaiting_approval') {
    return (await undecidable(deps, row, { shown, digest: '' })) ?? refuse('conflict');
  }
  const bytes = await readOutgoing(call, row);
  if (!bytes.ok) return bytes;
  const refusal = await undecidable(deps, row, { shown, digest: bytes.digest });
  return refusal ?? { row, agent: agent.row, ...bytes };
}
