/**
 * A local server that takes mail as Postmark's API does (POST /email): server token, fields, sender signatures,
 * inactive recipients, forbidden files. It knows no idempotency: every request that it takes is a mail.
 */
import { randomUUID } from 'node:crypto';
import {
  type ApiRequest,
  type Fault,
  isBase64,
  isMailbox,
  jsonObject,
  type MailApi,
  startMailApi,
  type Verdict,
} from './mail-api.ts';

export interface PostmarkStandInOptions {
  serverToken: string;
  /** Who may be the author; absent = any domain counts as confirmed. */
  domains?: string[];
}

/** A mail that was sent. */
export interface PostmarkMail {
  id: string;
  /** Fields of the request. */
  email: PostmarkEmail;
  /** To whom it went. */
  recipients: string[];
}

export interface PostmarkEmail {
  From: string;
  To: string;
  Cc?: string;
  ReplyTo?: string;
  Subject: string;
  TextBody?: string;
  HtmlBody?: string;
  Headers?: { Name: string; Value: string }[];
  Attachments?: { Name: string; Content: string; ContentType: string; ContentID?: string | null }[];
}

export interface PostmarkStandIn extends MailApi {
  /** One for each request that was taken. */
  sent: PostmarkMail[];
  /** Addresses, lower case, that get no mail. */
  inactive: Set<string>;
}

const MAX_BYTES = 10 * 1024 * 1024;
const FORBIDDEN_FILES = /\.(?:exe|bat|com|vbs|scr|msi|dll|reg|lnk)$/i;
const KNOWN_FIELDS = [
  ...['From', 'To', 'Cc', 'ReplyTo', 'Subject', 'TextBody', 'HtmlBody', 'Headers', 'Attachments'],
];

/** Starts on a free loopback port. */
export async function startPostmarkStandIn(options: PostmarkStandInOptions): Promise<PostmarkStandIn> {
  const sent: PostmarkMail[] = [];
  const inactive = new Set<string>();

  function check(request: ApiRequest): Verdict {
    if (request.headers['x-postmark-server-token'] !== options.serverToken) {
      return refuse(401, 10, 'Request does not contain a valid Server token.');
    }
    if (request.method !== 'POST' || request.path !== '/email') return refuse(404, 0, 'Not found.');
    if (
      ![request.headers.accept, request.headers['content-type']].every((type) => type === 'application/json')
    ) {
      return refuse(415, 0, 'Missing expected request headers.');
    }
    if (Buffer.byteLength(request.body) > MAX_BYTES) return refuse(413, 0, 'Payload too large.');
    const email = readEmail(request.body, options.domains);
    if ('taken' in email) return email;
    const recipients = [...mailboxes(email.To), ...mailboxes(email.Cc)].map(addressOf);
    const refused = recipients.filter((address) => inactive.has(address));
    if (refused.length === recipients.length) {
      const why = 'Inactive recipients are ones that have generated a hard bounce or a spam complaint.';
      return refuse(422, 406, `Found inactive addresses: ${refused.join(', ')}. ${why}`);
    }
    return {
      taken: true,
      take() {
        const id = randomUUID();
        sent.push({ id, email, recipients: recipients.filter((address) => !inactive.has(address)) });
        const Message =
          refused.length === 0
            ? 'OK'
            : `Message OK, but will not deliver to these inactive addresses: ${refused.join(', ')}.`;
        const SubmittedAt = '2026-01-01T00:00:00.0000000Z';
        return { status: 200, body: { To: email.To, SubmittedAt, MessageID: id, ErrorCode: 0, Message } };
      },
    };
  }

  return { ...(await startMailApi(check)), sent, inactive };
}

/** An answer with an error, for the next mail. */
export function postmarkError(
  status: number,
  code: number,
  message = `the stand-in was asked for ${code}`,
  headers: Record<string, string> = {},
): Fault {
  return { kind: 'answer', answer: { status, body: { ErrorCode: code, Message: message }, headers } };
}

function refuse(status: number, code: number, message: string): Verdict {
  return { taken: false, answer: { status, body: { ErrorCode: code, Message: message } } };
}

function readEmail(body: string, domains: string[] | undefined): PostmarkEmail | Verdict {
  const email = jsonObject(body);
  if (email === null) return refuse(422, 402, 'Invalid JSON.');
  const unknown = Object.keys(email).find((field) => !KNOWN_FIELDS.includes(field));
  if (unknown !== undefined) return refuse(422, 403, `Invalid request field(s): '${unknown}'.`);
  const problem = problemOf(email);
  if (problem !== null) return refuse(422, 300, problem);
  const { From = '', Subject = '' } = email;
  const domain = addressOf(String(From)).split('@')[1] ?? '';
  if (domains !== undefined && !domains.includes(domain)) {
    return refuse(422, 400, `The 'From' address you supplied (${domain}) is not a Sender Signature.`);
  }
  const files = list(email.Attachments);
  if (files.some((file) => FORBIDDEN_FILES.test(String(Reflect.get(file, 'Name'))))) {
    return refuse(422, 411, 'Attachment file type not allowed.');
  }
  const parsed: PostmarkEmail = JSON.parse(body);
  return { ...parsed, From: String(From), Subject: String(Subject) };
}

/** What is wrong with the fields; null when they can be sent. */
function problemOf(email: Record<string, unknown>): string | null {
  if (!isMailbox(email.From)) return `Invalid 'From' address: '${email.From}'.`;
  for (const field of ['To', 'Cc', 'ReplyTo']) {
    const value = email[field] ?? '';
    if (typeof value !== 'string' || !mailboxes(value).every(isMailbox)) {
      return `Invalid '${field}' address: '${value}'.`;
    }
  }
  const people = [...mailboxes(String(email.To ?? '')), ...mailboxes(String(email.Cc ?? ''))];
  if (mailboxes(String(email.To ?? '')).length === 0) return 'Zero recipients specified.';
  if (people.length > 50) return 'Exceeded the maximum of 50 recipients per message.';
  if (!email.TextBody && !email.HtmlBody) return 'Provide either email TextBody or HtmlBody or both.';
  if (!isPlain(email.Subject)) return "Invalid 'Subject'.";
  const headers = list(email.Headers);
  if (!headers.every((one) => isPlain(Reflect.get(one, 'Name')) && isPlain(Reflect.get(one, 'Value')))) {
    return "Invalid 'Headers'.";
  }
  const files = list(email.Attachments);
  if (!files.every((one) => isPlain(Reflect.get(one, 'Name')) && isBase64(Reflect.get(one, 'Content')))) {
    return "Invalid 'Attachments'.";
  }
  return null;
}

function list(value: unknown): object[] {
  return Array.isArray(value) ? value : [];
}

/** Splits at commas that do not stand in quotes. */
function mailboxes(text = ''): string[] {
  return (text.match(/(?:"[^"]*"|[^",])+/g) ?? []).map((one) => one.trim()).filter((one) => one !== '');
}

function addressOf(mailbox: string): string {
  return (/<([^>]+)>$/.exec(mailbox)?.[1] ?? mailbox).toLowerCase();
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}
