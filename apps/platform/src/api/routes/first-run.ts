import { DELIVERY_STATES, MAIL_STATES } from '@tinyfat/core';
import * as v from 'valibot';
import { json, jsonOrEvents } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { agentName, line, named, ofId, time } from '../fields.ts';
import { route } from '../route.ts';
import { ofAgent } from './agents.ts';

export const firstRun = named(
  'FirstRun',
  v.strictObject({
    may_create_agents: v.boolean(),
    mail_domain: v.string(),
    /** Mail gets there from anywhere; else only from this machine. */
    public_domain: v.boolean(),
    /** Whose key pays for turns: one's own, the operator's; null: the demo model answers. */
    key: v.nullable(v.picklist(['owner', 'operator'])),
    /** Whether mails are taken from `sendTestMail`, and answers found in the mailbox of this machine. */
    local_mail: v.boolean(),
  }),
);

export const getFirstRun = route('GET', '/first-run', 'What there is to begin with', {
  scope: 'read',
  answer: json(firstRun),
});

export const checkAgentName = route('GET', '/agent-names/{name}', 'Whether an agent may have this name', {
  description: 'Only for those who may make agents.',
  scope: 'read',
  params: v.strictObject({ name: agentName }),
  answer: json(
    v.strictObject({
      /** In its one spelling, where it is valid. */
      name: v.string(),
      /** Of the agent that would have it; null where it can not be used. */
      address: v.nullable(v.string()),
      free: v.boolean(),
      /** Why it can not be used; null where it can. */
      reason: v.nullable(v.string()),
    }),
  ),
  errors: ['not_permitted'],
});

const arrived = v.strictObject({
  id: v.string(),
  sender: v.nullable(v.string()),
  subject: v.string(),
  received_at: time,
  state: v.picklist(MAIL_STATES),
  /** Why it is in that state. */
  reason: v.string(),
});

export const firstMail = named(
  'FirstMail',
  v.strictObject({
    /** The first mail that was let in, or waits to be; null while none came. */
    mail: v.nullable(arrived),
    /** The newest one that was not let in, while there is no other. */
    refused: v.nullable(arrived),
    run: v.nullable(v.string()),
    /** What was written to its sender because of it. */
    answer: v.nullable(
      v.strictObject({
        id: v.string(),
        kind: v.picklist(['reply', 'mail', 'command', 'error']),
        state: v.picklist(DELIVERY_STATES),
        sent_at: v.nullable(time),
        reason: v.nullable(v.string()),
      }),
    ),
  }),
);

export const getFirstMail = route('GET', '/agents/{agent}/first-mail', 'The first mail, and its answer', {
  description:
    'With `Accept: text/event-stream`: now and whenever it changes, until the answer has left (`event: end`); `event: alive` comes where nothing else does for a while.',
  scope: 'read',
  params: ofAgent,
  answer: jsonOrEvents(firstMail),
});

export const sendTestMail = route(
  'POST',
  '/agents/{agent}/test-mails',
  'Write to the agent without a mail program',
  {
    description:
      'From the address of the one who asks, through the SMTP listener of this server. `conflict` where mail leaves this machine, or the listener does not take the mail.',
    scope: 'write',
    params: ofAgent,
    body: jsonBody(
      v.strictObject({
        subject: line(200, 'a subject of at most 200 characters'),
        text: v.pipe(
          v.string('the text'),
          v.minLength(1, 'a text'),
          v.maxLength(20_000, 'at most 20000 characters'),
        ),
      }),
      64 * 1024,
    ),
    answer: json(v.strictObject({ message_id: v.string() }), 201),
    errors: ['conflict'],
  },
);

export const getSentText = route('GET', '/outbox/{id}/mailbox', 'A sent mail as it lies in the mailbox', {
  description:
    'While mail goes into the mailbox of this machine, for the one whom it went to. `conflict` where it does not.',
  scope: 'read',
  params: ofId,
  answer: json(
    v.strictObject({
      /** Below DATA_DIR/mailbox. */
      file: v.string(),
      subject: v.string(),
      /** What is new in it, at most 20000 characters. */
      text: v.string(),
    }),
  ),
  errors: ['conflict'],
});

export const mailDomain = named(
  'MailDomain',
  v.strictObject({
    domain: v.string(),
    /** What DNS should say of it, and says now. */
    rows: v.array(
      v.strictObject({
        purpose: v.picklist(['receiving', 'SPF', 'DKIM', 'DMARC', 'return path']),
        type: v.string(),
        name: v.string(),
        /** As it is entered; in words where only the provider knows it. */
        expected: v.string(),
        found: v.array(v.string()),
        state: v.picklist(['ok', 'missing', 'different', 'unknown']),
        /** What to do, or why it is not known. */
        note: v.nullable(v.string()),
      }),
    ),
    /** Who sends the mail, and how it is with them. */
    sender: v.strictObject({
      name: v.string(),
      state: v.picklist(['ok', 'trouble', 'unknown']),
      said: v.string(),
    }),
  }),
);

export const getMailDomain = route('GET', '/mail-domain', 'The mail domain as the world sees it', {
  description:
    'Looked up when it is asked for, for those who may make agents; takes seconds. `conflict` where the domain is that of this machine alone.',
  scope: 'read',
  answer: json(mailDomain),
  errors: ['not_permitted', 'conflict'],
});
