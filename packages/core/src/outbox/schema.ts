/**
 * Mail that an agent put into `outbox/email/` (DESIGN section 5). The file is untrusted: a mail that passes here can be
 * composed without further checks; of any other the agent learns the key, the problem and what to do.
 */
import * as v from 'valibot';
import { JSON_OBJECT_LIMITS, parseJsonObject } from '../text/json.ts';
import { parseMessageId, parseMessageIds } from '../threading/message-id.ts';
import { MAX_SUBJECT_LENGTH } from '../threading/subject.ts';
import { MAX_ATTACHMENTS_BYTES, type OutboxAttachment, parseAttachment } from './attachment.ts';
import { isHeaderSafe, type Mailbox, parseMailbox } from './mailbox.ts';

/** Limits of one outgoing mail. */
export const MAX_RECIPIENTS = 20;
const MAX_ATTACHMENTS = 20;
/** Bytes of UTF-8. */
const MAX_BODY_BYTES = 1_000_000;
const MAX_REFERENCES_GIVEN = 200;
const LEAVE_OUT = 'Leave out what is not part of the mail.';

/** A checked mail. Null stands for an absent key, which the reply rules fill in. */
export interface OutboxMail {
  to: Mailbox[] | null;
  /** Empty where the agent wrote an empty list: it wants nobody copied. */
  cc: Mailbox[] | null;
  subject: string | null;
  /** Markdown or plain text. */
  body: string;
  /** With angle brackets. */
  inReplyTo: string | null;
  references: string[] | null;
  attachments: OutboxAttachment[];
}

/** The mail, or a sentence for the agent and the owner. */
export type ParsedOutboxMail =
  | { ok: true; mail: OutboxMail }
  | { ok: false; code: 'outbox_not_json' | 'outbox_invalid'; reason: string };

const encoder = new TextEncoder();

const recipients = v.pipe(
  v.unknown(),
  v.transform((value) => (Array.isArray(value) ? value : [value])),
  v.maxLength(
    MAX_RECIPIENTS,
    ` has more than ${MAX_RECIPIENTS} addresses. Send several mails, or to fewer people.`,
  ),
  v.array(parsedWith(parseMailbox, (parsed) => parsed.mailbox)),
);

const subject = v.pipe(
  v.string(' must be a text.'),
  v.maxLength(MAX_SUBJECT_LENGTH, ` is longer than ${MAX_SUBJECT_LENGTH} characters. Shorten it.`),
  v.check(isHeaderSafe, ' has line breaks or other control characters. Write it on one line.'),
  v.trim(),
);

const body = v.pipe(
  v.string(' must be a text: what the mail says, in Markdown or plain text.'),
  v.check((text) => text.trim() !== '', ' is empty. Write what the mail should say.'),
  v.check(
    (text) => text.length <= MAX_BODY_BYTES && encoder.encode(text).length <= MAX_BODY_BYTES,
    ` is longer than ${MAX_BODY_BYTES} bytes. Attach the long part as a file.`,
  ),
  v.transform((text) => text.toWellFormed()),
);

const messageId = v.pipe(
  v.string(' must be one Message-ID such as "<id@example.com>".'),
  v.check(isHeaderSafe, ' has line breaks or other control characters.'),
  v.transform(parseMessageId),
  v.string(
    ' must be one Message-ID such as "<id@example.com>". Leave it out to answer the mail you were given.',
  ),
);

const referenceText = v.pipe(
  v.string(' must be Message-IDs, as a list or in one text.'),
  v.check(isHeaderSafe, ' has line breaks or other control characters.'),
);
const references = v.pipe(
  v.unknown(),
  v.transform((value) => (Array.isArray(value) ? value : [value])),
  v.maxLength(
    MAX_REFERENCES_GIVEN,
    ` has more than ${MAX_REFERENCES_GIVEN} ids. Leave it out: it is filled in.`,
  ),
  v.array(referenceText),
  v.transform((texts) => [...new Set(texts.flatMap(idsIn))]),
);

const attachments = v.pipe(
  v.array(v.unknown(), ' must be a list.'),
  v.maxLength(MAX_ATTACHMENTS, ` has more than ${MAX_ATTACHMENTS} files. Put them into one archive.`),
  v.array(parsedWith(parseAttachment, (parsed) => parsed.attachment)),
  v.check(
    (files) => contentBytes(files) <= MAX_ATTACHMENTS_BYTES,
    ` are larger than ${MAX_ATTACHMENTS_BYTES} bytes together. Send less, or several mails.`,
  ),
);

const bcc = v.custom<unknown[] | ''>(
  (value) => value === '' || (Array.isArray(value) && value.length === 0),
  ' is not supported. Move these addresses to "cc", or send them a mail of their own.',
);

const outboxSchema = v.object({
  to: v.nullish(recipients),
  cc: v.nullish(recipients),
  bcc: v.nullish(bcc),
  subject: v.nullish(subject),
  body: v.nullish(body),
  in_reply_to: v.nullish(messageId),
  references: v.nullish(references),
  attachments: v.nullish(attachments),
  status: v.nullish(v.literal('pending', ' must be "pending" for a mail that is to be sent.')),
});

/** A file within no such limits could be sent, but its record could not be written. */
const UNPARSED = {
  not_an_object: {
    ok: false,
    code: 'outbox_not_json',
    reason: 'The file is not a JSON object. Write one mail as one JSON object.',
  },
  too_deep: invalid(`The file is nested deeper than ${JSON_OBJECT_LIMITS.depth} levels. ${LEAVE_OUT}`),
  too_many_values: invalid(`The file holds more than ${JSON_OBJECT_LIMITS.values} values. ${LEAVE_OUT}`),
  name_too_long: invalid(`A name in the file is too long. ${LEAVE_OUT}`),
} as const satisfies Record<string, ParsedOutboxMail>;

/**
 * Checks the text of an outbox file. Never throws; the first thing that is wrong is named. Unknown keys are
 * ignored, null is the same as absent, addresses come out canonical and each once.
 */
export function parseOutboxMail(text: string): ParsedOutboxMail {
  const json = parseJsonObject(text);
  if (!json.ok) return UNPARSED[json.reason];
  const parsed = v.safeParse(outboxSchema, json.value, { abortEarly: true });
  if (!parsed.success) return invalid(describeIssue(parsed.issues[0]));
  const mail = parsed.output;
  if (mail.body === undefined || mail.body === null) {
    return invalid('"body" is missing. Write what the mail should say, in Markdown or plain text.');
  }
  const to = unique(mail.to ?? []);
  const copies = unique(mail.cc ?? []);
  const cc = copies.filter(({ address }) => !to.some((other) => other.address === address));
  if (to.length + cc.length > MAX_RECIPIENTS) {
    return invalid(
      `"to" and "cc" have more than ${MAX_RECIPIENTS} addresses together. Send several mails, or to fewer people.`,
    );
  }
  return {
    ok: true,
    mail: {
      to: to.length > 0 ? to : null,
      cc: mail.cc == null ? null : cc,
      subject: mail.subject || null,
      body: mail.body,
      inReplyTo: mail.in_reply_to ?? null,
      references: mail.references ?? null,
      attachments: mail.attachments ?? [],
    },
  };
}

/** Messages go on after the key that they are about, such as `"to[0]"`; one that begins `.filename` names a part of it. */
function describeIssue(issue: v.InferIssue<typeof outboxSchema>): string {
  const path = (issue.path ?? [])
    .map(({ key }) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  const [key = ''] = /^\.\w+/.exec(issue.message) ?? [];
  return `"${path}${key}"${issue.message.slice(key.length)}`;
}

/** Turns a parser of ours into a schema, its reason into the issue. */
function parsedWith<Parsed extends { ok: true }, Output>(
  parse: (value: unknown) => Parsed | { ok: false; reason: string },
  pick: (parsed: Parsed) => Output,
) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, Output>(({ dataset, addIssue, NEVER }) => {
      const parsed = parse(dataset.value);
      if (parsed.ok) return pick(parsed);
      addIssue({ message: parsed.reason });
      return NEVER;
    }),
  );
}

function idsIn(text: string): string[] {
  const single = parseMessageId(text);
  return single === null ? parseMessageIds(text) : [single];
}

function contentBytes(files: readonly OutboxAttachment[]): number {
  return files.reduce((sum, file) => sum + (file.source === 'content' ? file.content.length : 0), 0);
}

function unique(mailboxes: readonly Mailbox[]): Mailbox[] {
  const byAddress = new Map<string, Mailbox>();
  for (const mailbox of mailboxes)
    if (!byAddress.has(mailbox.address)) byAddress.set(mailbox.address, mailbox);
  return [...byAddress.values()];
}

function invalid(reason: string): ParsedOutboxMail {
  return { ok: false, code: 'outbox_invalid', reason };
}
