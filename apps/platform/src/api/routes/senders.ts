import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody, noBody } from '../body.ts';
import { agentName, id, line, named, page, time } from '../fields.ts';
import { none, route } from '../route.ts';
import { ofAgent } from './agents.ts';

const entryText = line(330, 'name@example.com, @example.com or @*.example.com');
export const allowedSender = named('AllowedSender', v.strictObject({ entry: v.string(), created_at: time }));

export const listAllowedSenders = route({
  method: 'GET',
  path: '/agents/{agent}/allowed-senders',
  summary: 'Who may write to the agent',
  scope: 'read',
  params: ofAgent,
  query: none,
  body: noBody,
  answer: json(page(allowedSender)),
  errors: [],
});

export const addSender = route({
  method: 'POST',
  path: '/agents/{agent}/allowed-senders',
  summary: 'Let somebody write to the agent',
  scope: 'write',
  params: ofAgent,
  query: none,
  body: jsonBody(v.strictObject({ entry: entryText })),
  answer: json(
    v.strictObject({
      entry: v.string(),
      /** False where it was on the list already. */
      added: v.boolean(),
      warning: v.nullable(v.string()),
    }),
  ),
  errors: ['conflict'],
});

export const removeSender = route({
  method: 'DELETE',
  path: '/agents/{agent}/allowed-senders/{entry}',
  summary: 'Take an entry off the list',
  scope: 'write',
  params: v.strictObject({ agent: agentName, entry: entryText }),
  query: none,
  body: noBody,
  answer: noContent,
  errors: [],
});

const secretAddress = {
  id: v.string(),
  note: v.string(),
  created_at: time,
  last_used_at: v.nullable(time),
};

export const secretAddressRow = named('SecretAddress', v.strictObject(secretAddress));

export const listSecretAddresses = route({
  method: 'GET',
  path: '/agents/{agent}/secret-addresses',
  summary: 'Secret addresses of the agent',
  description:
    'For listed senders whose domain proves nothing. The address itself is shown once, when it is made.',
  scope: 'read',
  params: ofAgent,
  query: none,
  body: noBody,
  answer: json(page(secretAddressRow)),
  errors: [],
});

export const createSecretAddress = route({
  method: 'POST',
  path: '/agents/{agent}/secret-addresses',
  summary: 'Make a secret address',
  scope: 'write',
  params: ofAgent,
  query: none,
  body: jsonBody(v.strictObject({ note: v.optional(line(200, 'a note of at most 200 characters'), '') })),
  answer: json(v.strictObject({ ...secretAddress, address: v.string() }), 201),
  errors: ['conflict'],
});

export const revokeSecretAddress = route({
  method: 'DELETE',
  path: '/agents/{agent}/secret-addresses/{id}',
  summary: 'Revoke a secret address',
  scope: 'write',
  params: v.strictObject({ agent: agentName, id }),
  query: none,
  body: noBody,
  answer: noContent,
  errors: [],
});
