import { DELIVERY_STATES } from '@tinyfat/core';
import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { named, ofId, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { budget } from './budgets.ts';

const ofWhom = {
  id: v.string(),
  agent: v.string(),
  owner: v.string(),
  subject: v.string(),
  at: time,
  reason_code: v.nullable(v.string()),
  /** Why it waits, or what went wrong, in words. */
  reason: v.nullable(v.string()),
};

/** An outgoing mail. */
const waitingDelivery = v.strictObject({
  ...ofWhom,
  recipients: v.array(v.string()),
  state: v.picklist(DELIVERY_STATES),
});

const counts = v.strictObject({
  answers: v.number(),
  mails: v.number(),
  deliveries: v.number(),
  runs: v.number(),
  budgets: v.number(),
});

const total = {
  /** Of all kinds together. */
  total: v.number(),
  /** Each kind is counted up to so many. */
  counted_up_to: v.number(),
};

export const attention = named(
  'Attention',
  v.strictObject({
    ...total,
    counts,
    /** The newest few of each kind. Outgoing mails that await approval. */
    answers: v.array(waitingDelivery),
    /** Mails in quarantine. */
    mails: v.array(v.strictObject({ ...ofWhom, sender: v.nullable(v.string()) })),
    /** Outgoing mails that failed, are uncertain or bounced, and were not acknowledged. */
    deliveries: v.array(waitingDelivery),
    /** Runs that failed and were not acknowledged. */
    runs: v.array(v.strictObject({ ...ofWhom, sender: v.nullable(v.string()) })),
    /** Four fifths or more of them are spent. */
    budgets: v.array(budget),
    /** The built-in demo model answers for the agents of the one who asks, since nobody pays for another. */
    demo_model: v.boolean(),
  }),
);

export const getAttention = route('GET', '/attention', 'What waits for its owner, by kind', {
  description:
    'Of agents that are not deleted; admins see those of all owners. A failure waits until it is acknowledged, or the mail is sent again.',
  scope: 'read',
  answer: json(attention),
});

export const getAttentionCount = route('GET', '/attention/count', 'How much waits for its owner', {
  scope: 'read',
  answer: json(v.strictObject(total)),
});

export const acknowledgeAll = route('POST', '/attention/acknowledge', 'Acknowledge all failures of a kind', {
  description: 'Those up to a time, at most 1000 at once.',
  scope: 'write',
  body: jsonBody(
    v.strictObject({
      kind: v.picklist(['runs', 'deliveries'], 'runs or deliveries'),
      until: v.pipe(v.string(), v.isoTimestamp('a time such as 2026-11-28T12:00:00Z')),
    }),
  ),
  answer: json(v.strictObject({ acknowledged: v.number() })),
});

export const acknowledgeRun = route(
  'POST',
  '/runs/{id}/acknowledge',
  'Say that a failed run needs nothing more',
  {
    scope: 'write',
    params: ofId,
    answer: noContent,
    errors: ['conflict'],
  },
);

export const acknowledgeDelivery = route(
  'POST',
  '/outbox/{id}/acknowledge',
  'Say that a mail which did not arrive needs nothing more',
  {
    description: 'It stays as it is: failed, uncertain or bounced.',
    scope: 'write',
    params: ofId,
    answer: noContent,
    errors: ['conflict'],
  },
);

const moment = v.pipe(v.string(), v.isoTimestamp('a time such as 2026-11-28T12:00:00Z'));

export const activity = named(
  'Activity',
  v.strictObject({
    /** Mails that came; these three are counted up to `counted_up_to`. */
    received: v.number(),
    /** Of these, those that were answered. */
    answered: v.number(),
    refused: v.number(),
    counted_up_to: v.number(),
    /** Of the runs that began. */
    cost_usd: v.number(),
  }),
);

export const getActivity = route('GET', '/activity', 'What happened within a time', {
  description: 'At most 31 days. Agents that were deleted since count too.',
  scope: 'read',
  query: v.strictObject({ from: moment, until: moment }),
  answer: json(activity),
});

export const glance = named(
  'AgentGlance',
  v.strictObject({
    name: v.string(),
    address: v.string(),
    owner: v.string(),
    last_mail_at: v.nullable(time),
    /** Mails in quarantine; these two are counted up to 100. */
    mails_waiting: v.number(),
    answers_waiting: v.number(),
  }),
);

export const listAgentsAtAGlance = route('GET', '/glance', 'The first agents by name, with what waits', {
  scope: 'read',
  query: v.strictObject({ limit: wholeNumber(1, 200, 50) }),
  answer: json(v.strictObject({ data: v.array(glance), total: v.number() })),
});
