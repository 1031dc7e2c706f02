import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { address, agentName, id, line, named, page, time } from '../fields.ts';
import { route } from '../route.ts';
import { ofAgent } from './agents.ts';

const entryText = line(330, 'name@example.com, @example.com or @*.example.com');
const allowedSender = named(
  'AllowedSender',
  v.strictObject({
    entry: v.string(),
    created_at: time,
    /** Why the entry may let in somebody who is not meant; null: nothing is odd about it. */
    warning: v.nullable(v.string()),
  }),
);

export const senderVerdict = named(
  'SenderVerdict',
  v.strictObject({
    /** In its one form. */
    address: v.string(),
    gets_in: v.boolean(),
    /** The entry of the list that lets it in; null where none does. */
    entry: v.nullable(v.string()),
    /** As in the reasons of mails: `accepted`, `not_allowed`, `own_address`. */
    code: v.string(),
    /** A sentence on why. */
    reason: v.string(),
    /** The address may be mistaken for another one; null: nothing is odd about it. */
    warning: v.nullable(v.string()),
  }),
);

export const listAllowedSenders = route(
  'GET',
  '/agents/{agent}/allowed-senders',
  'Who may write to the agent',
  {
    scope: 'read',
    params: ofAgent,
    answer: json(page(allowedSender)),
  },
);

export const addSender = route('POST', '/agents/{agent}/allowed-senders', 'Let somebody write to the agent', {
  scope: 'write',
  params: ofAgent,
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

export const checkSender = route(
  'GET',
  '/agents/{agent}/would-get-in',
  'Whether mail from this address would get in',
  {
    description:
      'By the rule that judges mail, for a mail that a person writes and whose sender is proven. A mail that proves nothing is refused whatever the list says.',
    scope: 'read',
    params: ofAgent,
    query: v.strictObject({ address }),
    answer: json(senderVerdict),
  },
);

export const removeSender = route(
  'DELETE',
  '/agents/{agent}/allowed-senders/{entry}',
  'Take an entry off the list',
  {
    scope: 'write',
    params: v.strictObject({ agent: agentName, entry: entryText }),
    answer: noContent,
  },
);

const secretAddress = {
  id: v.string(),
  note: v.string(),
  created_at: time,
  last_used_at: v.nullable(time),
};

const secretAddressRow = named('SecretAddress', v.strictObject(secretAddress));

export const listSecretAddresses = route(
  'GET',
  '/agents/{agent}/secret-addresses',
  'Secret addresses of the agent',
  {
    description:
      'For listed senders whose domain proves nothing. The address itself is shown once, when it is made.',
    scope: 'read',
    params: ofAgent,
    answer: json(page(secretAddressRow)),
  },
);

export const createSecretAddress = route(
  'POST',
  '/agents/{agent}/secret-addresses',
  'Make a secret address',
  {
    scope: 'write',
    params: ofAgent,
    body: jsonBody(v.strictObject({ note: v.optional(line(200, 'a note of at most 200 characters'), '') })),
    answer: json(v.strictObject({ ...secretAddress, address: v.string() }), 201),
    errors: ['conflict'],
  },
);

export const revokeSecretAddress = route(
  'DELETE',
  '/agents/{agent}/secret-addresses/{id}',
  'Revoke a secret address',
  {
    scope: 'write',
    params: v.strictObject({ agent: agentName, id }),
    answer: noContent,
  },
);
