import { DELIVERY_STATES } from '@tinyfat/core';
import * as v from 'valibot';
import { download, json, noContent } from '../answer.ts';
import { noBody } from '../body.ts';
import { address, agentName, id, named, page, paging, time } from '../fields.ts';
import { none, route } from '../route.ts';
import { ofAgent } from './agents.ts';

export const delivery = named(
  'Delivery',
  v.strictObject({
    id: v.string(),
    agent: v.string(),
    /** The mail that led to it, and the run. */
    mail: v.string(),
    run: v.string(),
    kind: v.picklist(['reply', 'mail', 'command', 'error']),
    /** Below outbox/; null for mail that the host wrote. */
    file: v.nullable(v.string()),
    envelope_sender: v.string(),
    recipients: v.array(v.string()),
    subject: v.string(),
    message_id: v.string(),
    state: v.picklist(DELIVERY_STATES),
    attempts: v.number(),
    next_attempt_at: v.nullable(time),
    reason_code: v.nullable(v.string()),
    /** What happened, and what to do. */
    reason: v.nullable(v.string()),
    provider: v.nullable(v.string()),
    provider_id: v.nullable(v.string()),
    created_at: time,
    sent_at: v.nullable(time),
    /** When the provider told that it arrived; null where none did. */
    delivered_at: v.nullable(time),
  }),
);

const ofDelivery = v.strictObject({ id });

export const listOutbox = route({
  method: 'GET',
  path: '/outbox',
  summary: 'Mail that the agents write',
  scope: 'read',
  params: none,
  query: v.strictObject({
    ...paging,
    agent: v.optional(agentName),
    state: v.optional(v.picklist(DELIVERY_STATES, DELIVERY_STATES.join(', '))),
  }),
  body: noBody,
  answer: json(page(delivery)),
  errors: [],
});

export const getDelivery = route({
  method: 'GET',
  path: '/outbox/{id}',
  summary: 'One outgoing mail',
  scope: 'read',
  params: ofDelivery,
  query: none,
  body: noBody,
  answer: json(delivery),
  errors: [],
});

export const getRawDelivery = route({
  method: 'GET',
  path: '/outbox/{id}/raw',
  summary: 'The outgoing mail, byte for byte',
  scope: 'read',
  params: ofDelivery,
  query: none,
  body: noBody,
  answer: download('message/rfc822'),
  errors: ['conflict'],
});

export const retryDelivery = route({
  method: 'POST',
  path: '/outbox/{id}/retry',
  summary: 'Send a failed, uncertain or bounced mail again',
  scope: 'write',
  params: ofDelivery,
  query: none,
  body: noBody,
  answer: json(delivery),
  errors: ['conflict'],
});

export const approveDelivery = route({
  method: 'POST',
  path: '/outbox/{id}/approve',
  summary: 'Let a mail go out that awaits approval',
  scope: 'write',
  params: ofDelivery,
  query: none,
  body: noBody,
  answer: json(delivery),
  errors: ['conflict'],
});

export const suppressed = named(
  'Suppressed',
  v.strictObject({
    agent: v.string(),
    address: v.string(),
    code: v.picklist(['bounced', 'complained']),
    reason: v.string(),
    delivery: v.string(),
    created_at: time,
  }),
);

export const listSuppressed = route({
  method: 'GET',
  path: '/agents/{agent}/suppressed',
  summary: "Whom the agent's mail does not reach",
  scope: 'read',
  params: ofAgent,
  query: none,
  body: noBody,
  answer: json(page(suppressed)),
  errors: [],
});

export const listAllSuppressed = route({
  method: 'GET',
  path: '/suppressed',
  summary: 'Whom the mail of any agent does not reach',
  scope: 'read',
  params: none,
  query: none,
  body: noBody,
  answer: json(page(suppressed)),
  errors: [],
});

export const unsuppress = route({
  method: 'DELETE',
  path: '/agents/{agent}/suppressed/{address}',
  summary: 'Let the agent write to somebody again',
  scope: 'write',
  params: v.strictObject({ agent: agentName, address }),
  query: none,
  body: noBody,
  answer: noContent,
  errors: [],
});
