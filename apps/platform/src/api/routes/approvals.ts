import { DELIVERY_STATES, MAIL_STATES } from '@tinyfat/core';
import * as v from 'valibot';
import { json } from '../answer.ts';
import { jsonBody, optionalJsonBody } from '../body.ts';
import { line, named, ofId, time } from '../fields.ts';
import { route } from '../route.ts';
import { delivery } from './outbox.ts';

const digest = v.pipe(
  v.string('the digest that was shown with the mail'),
  v.regex(/^[0-9a-f]{64}$/, 'the digest that was shown with the mail'),
);
const mailbox = v.strictObject({ address: v.string(), name: v.string() });

export const heldRecipient = named(
  'HeldRecipient',
  v.strictObject({
    ...mailbox.entries,
    /** The header that names them; `none` for somebody whom no header names. */
    header: v.picklist(['to', 'cc', 'none']),
    /** As what the agent knows them; null for a stranger. */
    known_as: v.nullable(v.picklist(['owner', 'sender', 'allowed', 'wrote_before'])),
    /** Why mail does not reach them; null where nothing is known of that. */
    suppressed: v.nullable(v.string()),
  }),
);

export const approvalRecord = named(
  'ApprovalRecord',
  v.strictObject({
    action: v.picklist(['edited', 'approved', 'rejected', 'rejected_with_note', 'voided']),
    /** Null for the operator of the machine, and for the platform itself. */
    by: v.nullable(v.string()),
    /** `link`: of the mail that told the owner. */
    via: v.picklist(['session', 'token', 'operator', 'link', 'host']),
    at: time,
    note: v.nullable(v.string()),
  }),
);

/** The mail as it will leave; null where it was never composed, or retention has removed its bytes. */
const content = v.nullable(
  v.strictObject({
    /** What an approval is bound to. */
    digest,
    bytes: v.number(),
    from: mailbox,
    reply_to: v.nullable(mailbox),
    in_reply_to: v.nullable(v.string()),
    /** The text part without the footer: what an edit replaces. */
    body: v.string(),
    footer: v.nullable(v.string()),
    files: v.array(
      v.strictObject({
        /** Its number for `/outbox/{id}/parts/{part}`. */
        part: v.number(),
        filename: v.string(),
        content_type: v.string(),
        bytes: v.number(),
        sha256: v.string(),
      }),
    ),
  }),
);

export const approval = named(
  'Approval',
  v.strictObject({
    id: v.string(),
    agent: v.string(),
    kind: v.picklist(['reply', 'mail', 'command', 'error']),
    state: v.picklist(DELIVERY_STATES),
    subject: v.string(),
    created_at: time,
    recipients: v.array(heldRecipient),
    content,
    reason_code: v.nullable(v.string()),
    /** Why it awaits approval, or what became of it. */
    reason: v.nullable(v.string()),
    /** An agent wrote it and it awaits approval, so it can be edited, and written anew by a note. */
    changeable: v.boolean(),
    /** The mail that led to it. */
    mail: v.strictObject({ id: v.string(), sender: v.nullable(v.string()), subject: v.string() }),
    run: v.string(),
    /** What was done with it, the newest first. */
    record: v.array(approvalRecord),
    /** What is written in its place; null where nobody asked for that. */
    rewriting: v.nullable(
      v.strictObject({
        /** The note as a mail, with its state. */
        mail: v.string(),
        state: v.picklist(MAIL_STATES),
        /** The new mail, once there is one. */
        delivery: v.nullable(v.string()),
      }),
    ),
  }),
);

export const getApproval = route('GET', '/outbox/{id}/approval', 'An outgoing mail as it will leave', {
  description: 'With what was decided about it, by whom and when.',
  scope: 'read',
  params: ofId,
  answer: json(approval),
});

export const approveDelivery = route(
  'POST',
  '/outbox/{id}/approve',
  'Let a mail go out that awaits approval',
  {
    description:
      'With `digest` exactly what had that digest is approved, else nothing (`approval_void`). Without it what is stored at this moment is approved, read or not.',
    scope: 'write',
    params: ofId,
    body: optionalJsonBody(v.strictObject({ digest: v.optional(digest) })),
    answer: json(delivery),
    errors: ['conflict', 'approval_void', 'server_busy'],
  },
);

/** Longest note of a rejection, characters. */
export const MOST_NOTE = 4000;

export const rejectDelivery = route('POST', '/outbox/{id}/reject', 'End a mail that awaits approval unsent', {
  description:
    'With `note` a turn of the agent writes it anew, in its turn after what waits; the new mail goes where this one was to go, and awaits approval where this one had to.',
  scope: 'write',
  params: ofId,
  body: optionalJsonBody(
    v.strictObject({
      digest: v.optional(digest),
      note: v.optional(
        v.pipe(
          v.string('a text'),
          v.regex(/\S/, 'a text that is not empty'),
          v.maxLength(MOST_NOTE, `at most ${MOST_NOTE} characters`),
        ),
      ),
    }),
  ),
  answer: json(delivery),
  errors: ['conflict', 'approval_void', 'server_busy'],
});

/** More than 20 are refused with a sentence of the rules for all outgoing mail. */
const people = v.pipe(v.array(line(600, 'an address, or Name <address>')), v.maxLength(100, 'fewer people'));

export const editDelivery = route('POST', '/outbox/{id}/edit', 'Change a mail that awaits approval', {
  description:
    'It is composed anew, with the same files and in the same thread, and awaits approval as before. What is left out stays. `to` and `cc` are all recipients: an answer goes to the person who wrote in any case.',
  scope: 'write',
  params: ofId,
  body: jsonBody(
    v.strictObject({
      digest,
      to: v.optional(people),
      cc: v.optional(people),
      subject: v.optional(v.string('a text')),
      body: v.optional(v.string('a text')),
    }),
    2 * 1024 * 1024,
  ),
  answer: json(approval),
  errors: ['conflict', 'approval_void', 'server_busy'],
});
