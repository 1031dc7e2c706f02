import { describeError } from '@tinyfat/core';
import {
  acknowledgeAll,
  acknowledgeDelivery,
  acknowledgeRun,
  activityBetween,
  agentOverview,
  countAttention,
  findProviderKey,
  newestDeliveriesWaiting,
  newestMailsWaiting,
  newestRunsFailed,
  ownsAgent,
  type WaitingDelivery,
} from '@tinyfat/database';
import { refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';
import { type Call, endpoint } from '../endpoint.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/attention.ts';
import { budgetsRunningLow, lowBudget } from './budgets.ts';
import { readRecipients } from './mails.ts';

/** Of each kind. */
const MOST_COUNTED = 100;
const MOST_SHOWN = 5;
const MOST_MAILS = 10_000;
const MOST_ACKNOWLEDGED = 1000;
const DAY_MS = 86_400_000;

type Asked = Pick<Call<unknown, unknown, unknown>, 'deps' | 'see' | 'principal'>;

export const attentionEndpoints = [
  endpoint(routes.getAttention, async (call) => {
    const { deps, see } = call;
    const { db } = deps;
    const { body, budgets } = await counted(call);
    const [answers, mails, deliveries, runs] = await Promise.all([
      newestDeliveriesWaiting(db, see.sight, 'to approve', MOST_SHOWN),
      newestMailsWaiting(db, see.sight, MOST_SHOWN),
      newestDeliveriesWaiting(db, see.sight, 'lost', MOST_SHOWN),
      newestRunsFailed(db, see.sight, MOST_SHOWN),
    ]);
    return {
      ok: true,
      body: {
        ...body,
        answers: answers.map(delivery),
        mails: mails.map(({ received_at, state: _state, ...mail }) => ({
          ...mail,
          at: isoTime(received_at),
        })),
        deliveries: deliveries.map(delivery),
        runs: runs.map(({ error_code, error, started_at, finished_at, ...run }) => ({
          ...run,
          at: isoTime(finished_at ?? started_at),
          reason_code: error_code,
          reason: why(error_code, error),
        })),
        budgets: await Promise.all(budgets.map((subject) => lowBudget(deps, subject))),
      },
    };
  }),

  endpoint(routes.getAttentionCount, async (call) => {
    const { total, counted_up_to } = (await counted(call)).body;
    return { ok: true, body: { total, counted_up_to } };
  }),

  endpoint(routes.acknowledgeAll, async ({ deps, see, body }) => {
    const asked = { until: Date.parse(body.until), at: deps.clock(), limit: MOST_ACKNOWLEDGED };
    return { ok: true, body: { acknowledged: await acknowledgeAll(deps.db, see.sight, body.kind, asked) } };
  }),

  endpoint(routes.acknowledgeRun, async ({ deps, see, params }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const { id, status, acknowledged_at } = found.row;
    if (acknowledged_at !== null || (await acknowledgeRun(deps.db, id, deps.clock())))
      return { ok: true, body: null };
    return refuse('conflict', `The run is ${status}; only a failed one is acknowledged.`);
  }),

  endpoint(routes.acknowledgeDelivery, async ({ deps, see, params }) => {
    const found = await see.delivery(params.id);
    if (!found.ok) return found;
    const { id, state, acknowledged_at } = found.row;
    if (acknowledged_at !== null || (await acknowledgeDelivery(deps.db, id, deps.clock())))
      return { ok: true, body: null };
    return refuse(
      'conflict',
      `The mail is ${state}; only a failed, uncertain or bounced one is acknowledged.`,
    );
  }),

  endpoint(routes.getActivity, async ({ deps, see, query }) => {
    const [from, until] = [Date.parse(query.from), Date.parse(query.until)];
    if (!(until >= from && until - from <= 31 * DAY_MS))
      return refuse('invalid_request', '"until" can not be used; write a time at most 31 days after "from".');
    const asked = { from, until, most: MOST_MAILS };
    const { costUsd, ...counts } = await activityBetween(deps.db, see.sight, asked);
    return { ok: true, body: { ...counts, counted_up_to: MOST_MAILS, cost_usd: costUsd } };
  }),

  endpoint(routes.listAgentsAtAGlance, async ({ deps, see, query }) => {
    const { agents, total } = await agentOverview(deps.db, see.sight, query.limit);
    const data = agents.map((agent) => ({
      name: agent.name,
      address: `${agent.name}@${deps.mailDomain}`,
      owner: agent.owner,
      last_mail_at: isoTimeOrNull(agent.lastMailAt),
      mails_waiting: agent.mailsWaiting,
      answers_waiting: agent.deliveriesAwaitingApproval,
    }));
    return { ok: true, body: { data, total } };
  }),
];

async function counted({ deps, see, principal }: Asked) {
  const [counts, budgets, demo_model] = await Promise.all([
    countAttention(deps.db, see.sight, MOST_COUNTED),
    budgetsRunningLow(deps, see.sight, principal.owner),
    isDemo(deps, principal.owner),
  ]);
  const all = { ...counts, budgets: budgets.length };
  const total = Object.values(all).reduce((sum, one) => sum + one, demo_model ? 1 : 0);
  return { body: { total, counted_up_to: MOST_COUNTED, counts: all, demo_model }, budgets };
}

/** Whether agents of this owner are answered by the demo model. */
async function isDemo({ db, operatorPays }: ApiDeps, owner: string | null): Promise<boolean> {
  if (operatorPays || owner === null || !(await ownsAgent(db, owner))) return false;
  return (await findProviderKey(db, owner, 'anthropic')) === undefined;
}

function delivery({ created_at, recipients, reason, ...row }: WaitingDelivery) {
  return {
    ...row,
    at: isoTime(created_at),
    recipients: readRecipients(recipients),
    reason: why(row.reason_code, reason),
  };
}

/** What happened in this case, on one line; what the code says where nothing is known of it. */
function why(code: string | null, detail: string | null): string | null {
  const line = (detail ?? '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (line !== '' || code === null) return line === '' ? null : line;
  return describeError(code).sentence;
}
