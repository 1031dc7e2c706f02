import { MAIL_STATES, MAIL_VERDICTS } from '@tinyfat/core';
import * as v from 'valibot';
import { download, json } from '../answer.ts';

import { address, agentName, line, named, ofId, page, paging, time } from '../fields.ts';
import { route } from '../route.ts';
import { ofAgent } from './agents.ts';

const facts = {
  id: v.string(),
  agent: v.string(),
  received_at: time,
  via: v.string(),
  client_address: v.nullable(v.string()),
  envelope_sender: v.string(),
  envelope_recipient: v.string(),
  /** Null where the author is unknown. */
  sender: v.nullable(v.string()),
  sender_name: v.string(),
  subject: v.string(),
  sent_at: v.nullable(time),
  message_id: v.string(),
  raw_bytes: v.number(),
  /** What admission decided. */
  verdict: v.picklist(MAIL_VERDICTS),
  reason_code: v.string(),
  reason: v.string(),
  /** Where the mail is now. */
  state: v.picklist(MAIL_STATES),
  state_reason: v.string(),
};

const aligned = { result: v.string(), aligned: v.boolean() };
export const evidence = named(
  'Evidence',
  v.strictObject({
    source: v.picklist(['trusted_client', 'verified', 'asserted', 'unverified']),
    authserv: v.nullable(v.string()),
    spf: v.nullable(v.strictObject({ ...aligned, domain: v.nullable(v.string()) })),
    dkim: v.array(
      v.strictObject({
        ...aligned,
        domain: v.string(),
        selector: v.string(),
        body_length_limited: v.boolean(),
        signed_at: v.nullable(time),
      }),
    ),
    dmarc: v.nullable(
      v.strictObject({
        result: v.string(),
        domain: v.nullable(v.string()),
        policy: v.nullable(v.picklist(['none', 'quarantine', 'reject'])),
      }),
    ),
  }),
);

export const mailRow = named(
  'MailRow',
  v.strictObject({
    ...facts,
    /** Null where the mail could not be read. */
    evidence: v.nullable(evidence),
  }),
);

export const mail = named(
  'Mail',
  v.strictObject({
    ...facts,
    in_reply_to: v.nullable(v.string()),
    references: v.array(v.string()),
    /** How the sender was authenticated, in words. */
    authentication: v.string(),
    /** Null where the mail could not be read. */
    evidence: v.nullable(evidence),
    /** What can be done about the verdict; null where there is nothing to do. */
    next_step: v.nullable(v.string()),
    /** It waits in quarantine: it can be released or discarded. */
    waiting: v.boolean(),
    run: v.nullable(v.string()),
    deliveries: v.array(
      v.strictObject({
        id: v.string(),
        kind: v.string(),
        recipients: v.array(v.string()),
        state: v.string(),
      }),
    ),
  }),
);

const timeInQuery = v.pipe(v.string(), v.isoTimestamp('a time such as 2026-11-28T12:00:00Z'));

export const listMails = route('GET', '/mails', 'Mails that came, with their verdicts', {
  scope: 'read',
  query: v.strictObject({
    ...paging,
    agent: v.optional(agentName),
    state: v.optional(v.picklist(MAIL_STATES, MAIL_STATES.join(', '))),
    verdict: v.optional(v.picklist(MAIL_VERDICTS, MAIL_VERDICTS.join(', '))),
    message_id: v.optional(line(998, 'a Message-ID with its angle brackets')),
    /** A person is the same with every plus-tag. */
    sender: v.optional(address),
    /** Received at this time or later. */
    since: v.optional(timeInQuery),
    /** Received before this time. */
    before: v.optional(timeInQuery),
  }),
  answer: json(page(mailRow)),
});

export const getMail = route('GET', '/mails/{id}', 'Everything on record about a mail', {
  scope: 'read',
  params: ofId,
  answer: json(mail),
});

export const TIMELINE_KINDS = [
  'received',
  'checked',
  'queued',
  'turn',
  'answer',
  'handed_over',
  'delivered',
  'bounced',
  'ended',
] as const;

export const timelineStep = named(
  'TimelineStep',
  v.strictObject({
    kind: v.picklist(TIMELINE_KINDS),
    state: v.picklist(['done', 'waiting', 'failed']),
    /** Null where the time is not on record. */
    at: v.nullable(time),
    /** When it ended; null where it has not, or is over at once. */
    ended_at: v.nullable(time),
    text: v.string(),
    /** When it is tried next, by itself; null where it is not. */
    next_at: v.nullable(time),
    run: v.nullable(v.string()),
    delivery: v.nullable(v.string()),
  }),
);

export const getMailTimeline = route('GET', '/mails/{id}/timeline', 'What became of the mail, step by step', {
  scope: 'read',
  params: ofId,
  answer: json(v.strictObject({ steps: v.array(timelineStep) })),
});

export const getRawMail = route('GET', '/mails/{id}/raw', 'The mail as it came', {
  description:
    'Of a mail that got no turn only the beginning may be stored; raw_bytes says how long it was. `conflict` where retention has removed it.',
  scope: 'read',
  params: ofId,
  answer: download('message/rfc822'),
  errors: ['conflict'],
});

export const releaseMail = route('POST', '/mails/{id}/release', 'Give a mail in quarantine its turn', {
  scope: 'write',
  params: ofId,
  answer: json(mail),
  errors: ['conflict'],
});

export const discardMail = route('POST', '/mails/{id}/discard', 'End a mail in quarantine without a turn', {
  scope: 'write',
  params: ofId,
  answer: json(mail),
  errors: ['conflict'],
});

export const discardAllMails = route(
  'POST',
  '/agents/{agent}/mails/discard',
  'End all mails of the agent that are in quarantine',
  {
    scope: 'write',
    params: ofAgent,
    answer: json(v.strictObject({ discarded: v.number() })),
  },
);
