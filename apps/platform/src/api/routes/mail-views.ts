/** A message looked at: what came, and what leaves. Every form of it is bounded. */
import * as v from 'valibot';
import { download, json, mailDocumentAnswer } from '../answer.ts';
import { id, named, ofId, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';

const part = v.strictObject({
  /** Its number for `parts/{part}`; null for a multipart. */
  number: v.nullable(v.number()),
  /** How many multiparts are around it. */
  depth: v.number(),
  /** As its sender declares it. */
  type: v.string(),
  filename: v.nullable(v.string()),
  disposition: v.string(),
  /** Decoded; null for a multipart. */
  bytes: v.nullable(v.number()),
});

export const messageView = named(
  'MessageView',
  v.strictObject({
    /** In order, decoded. */
    headers: v.array(v.strictObject({ name: v.string(), value: v.string() })),
    headers_cut: v.boolean(),
    /** Plain text where the sender gave some, else that of the HTML. */
    text: v.string(),
    text_cut: v.boolean(),
    /** Every multipart stands before its parts. */
    parts: v.array(part),
    parts_cut: v.boolean(),
  }),
);

export const messageSource = named(
  'MessageSource',
  v.strictObject({
    /** Of the whole message. */
    bytes: v.number(),
    offset: v.number(),
    /** The bytes from `offset` on as UTF-8; what is none is shown as U+FFFD. */
    text: v.string(),
    /** Null at the end. */
    next_offset: v.nullable(v.number()),
  }),
);

const ofPart = v.strictObject({
  id,
  part: v.pipe(v.string(), v.regex(/^[1-9]\d{0,4}$/, 'the number of a part')),
});
/** Above the largest message that is taken. */
const fromOffset = v.strictObject({ offset: wholeNumber(0, 100_000_000, 0) });

const PARTS =
  'Headers, text and the tree of parts. `conflict` where retention has removed the message, or it can not be read.';
const HTML =
  'HTML of an allow-list that runs and fetches nothing; its policy gives it an origin of its own, and lets only pages of this server frame it.';

export const viewMail = route('GET', '/mails/{id}/view', 'The mail taken apart', {
  description: PARTS,
  scope: 'read',
  params: ofId,
  answer: json(messageView),
  errors: ['conflict'],
});

export const getMailHtml = route('GET', '/mails/{id}/html', 'The mail as a harmless page', {
  description: HTML,
  scope: 'read',
  params: ofId,
  answer: mailDocumentAnswer,
  errors: ['conflict'],
});

export const getMailPart = route('GET', '/mails/{id}/parts/{part}', 'One part of the mail, decoded', {
  scope: 'read',
  params: ofPart,
  answer: download('application/octet-stream'),
  errors: ['conflict'],
});

export const getMailSource = route('GET', '/mails/{id}/source', 'The mail as it came, a page at a time', {
  scope: 'read',
  params: ofId,
  query: fromOffset,
  answer: json(messageSource),
  errors: ['conflict'],
});

export const viewDelivery = route('GET', '/outbox/{id}/view', 'The outgoing mail taken apart', {
  description: PARTS,
  scope: 'read',
  params: ofId,
  answer: json(messageView),
  errors: ['conflict'],
});

export const getDeliveryHtml = route('GET', '/outbox/{id}/html', 'The outgoing mail as a harmless page', {
  description: HTML,
  scope: 'read',
  params: ofId,
  answer: mailDocumentAnswer,
  errors: ['conflict'],
});

export const getDeliveryPart = route(
  'GET',
  '/outbox/{id}/parts/{part}',
  'One part of the outgoing mail, decoded',
  {
    scope: 'read',
    params: ofPart,
    answer: download('application/octet-stream'),
    errors: ['conflict'],
  },
);

export const getDeliverySource = route('GET', '/outbox/{id}/source', 'The outgoing mail, a page at a time', {
  scope: 'read',
  params: ofId,
  query: fromOffset,
  answer: json(messageSource),
  errors: ['conflict'],
});
