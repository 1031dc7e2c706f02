import { DELIVERY_STATES } from '@tinyfat/core';
import * as v from 'valibot';
import { download, json, noContent } from '../answer.ts';

import { address, agentName, named, ofId, page, paging, time } from '../fields.ts';
import { route } from '../route.ts';
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
    /** When the provider reported its arrival; null where none did. */
    delivered_at: v.nullable(time),
    /** Who said of an uncertain one that it was sent (`operator`: a command on the machine), and when. */
    marked_sent_by: v.nullable(v.string()),
    marked_sent_at: v.nullable(time),
  }),
);

/** States that are listed together, such as `failed,bounced`. */
const states = v.pipe(
  v.string('states with commas between'),
  v.regex(/^[a-z_]{1,20}(?:,[a-z_]{1,20}){0,9}$/, 'states with commas between'),
  v.transform((text) => [...new Set(text.split(','))]),
  v.array(v.picklist(DELIVERY_STATES, DELIVERY_STATES.join(', '))),
);

export const listOutbox = route('GET', '/outbox', 'Mail that the agents write', {
  scope: 'read',
  query: v.strictObject({
    ...paging,
    agent: v.optional(agentName),
    state: v.optional(v.picklist(DELIVERY_STATES, DELIVERY_STATES.join(', '))),
    states: v.optional(v.pipe(states, v.metadata({ jsonSchema: { type: 'string' } }))),
  }),
  answer: json(page(delivery)),
});

/** So many deliveries of a state are counted. */
export const MOST_COUNTED = 100;

export const countOutbox = route(
  'GET',
  '/outbox-counts',
  'How many mails that the agents write are in each state',
  {
    description: `Counted up to ${MOST_COUNTED}: that number stands for as many or more.`,
    scope: 'read',
    query: v.strictObject({ agent: v.optional(agentName) }),
    answer: json(
      named(
        'OutboxCounts',
        v.strictObject({
          pending: v.number(),
          sending: v.number(),
          sent: v.number(),
          awaiting_approval: v.number(),
          rejected: v.number(),
          failed: v.number(),
          uncertain: v.number(),
          bounced: v.number(),
        }),
      ),
    ),
  },
);

export const getDelivery = route('GET', '/outbox/{id}', 'One outgoing mail', {
  scope: 'read',
  params: ofId,
  answer: json(delivery),
});

export const getRawDelivery = route('GET', '/outbox/{id}/raw', 'The outgoing mail, byte for byte', {
  scope: 'read',
  params: ofId,
  answer: download('message/rfc822'),
  errors: ['conflict'],
});

export const retryDelivery = route(
  'POST',
  '/outbox/{id}/retry',
  'Send a failed, uncertain or bounced mail again',
  {
    description: 'An uncertain mail may have been taken the first time, and then arrives twice.',
    scope: 'write',
    params: ofId,
    answer: json(delivery),
    errors: ['conflict'],
  },
);

export const markDeliverySent = route(
  'POST',
  '/outbox/{id}/mark-sent',
  'Take an uncertain mail for sent, since it has arrived',
  {
    description: 'It is not sent again; who said so, and when, is on record.',
    scope: 'write',
    params: ofId,
    answer: json(delivery),
    errors: ['conflict'],
  },
);

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

export const listSuppressed = route(
  'GET',
  '/agents/{agent}/suppressed',
  "Whom the agent's mail does not reach",
  {
    scope: 'read',
    params: ofAgent,
    query: v.strictObject(paging),
    answer: json(page(suppressed)),
  },
);

export const listAllSuppressed = route('GET', '/suppressed', 'Whom the mail of any agent does not reach', {
  scope: 'read',
  query: v.strictObject(paging),
  answer: json(page(suppressed)),
});

export const unsuppress = route(
  'DELETE',
  '/agents/{agent}/suppressed/{address}',
  'Let the agent write to somebody again',
  {
    scope: 'write',
    params: v.strictObject({ agent: agentName, address }),
    answer: noContent,
  },
);
