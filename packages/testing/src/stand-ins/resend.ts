/**
 * A local server that takes mail as Resend's API does (POST /emails): bearer key, fields, domains that were
 * verified, idempotency keys, rate limit headers. It keeps every mail that Resend would send, and gives those that it
 * took in (`inbox`).
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  type ApiAnswer,
  type ApiRequest,
  type Fault,
  isBase64,
  isMailbox,
  jsonObject,
  type MailApi,
  startMailApi,
  type Verdict,
} from './mail-api.ts';
import { type ResendInbox, startResendInbox } from './resend-inbox.ts';

export interface ResendStandInOptions {
  apiKey: string;
  /** Who may be the author; absent = any domain counts as verified. */
  domains?: string[];
  /** Requests in one second; absent = no limit and no header about one. */
  ratePerSecond?: number;
}

/** A mail that was sent. */
export interface ResendMail {
  id: string;
  idempotencyKey: string | null;
  /** Fields of the request. */
  email: ResendEmail;
  /** As SES makes them. */
  messageId: string;
}

export interface ResendEmail {
  from: string;
  to: string[];
  cc?: string[];
  reply_to?: string[];
  subject: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
  attachments?: { filename: string; content: string; content_type?: string }[];
}

export interface ResendStandIn extends MailApi {
  /** Once for each idempotency key. */
  sent: ResendMail[];
  inbox: ResendInbox;
}

const MAX_BYTES = 40_000_000;
const KNOWN_FIELDS = ['from', 'to', 'cc', 'reply_to', 'subject', 'text', 'html', 'headers', 'attachments'];

/** Starts on a free loopback port. */
export async function startResendStandIn(options: ResendStandInOptions): Promise<ResendStandIn> {
  const sent: ResendMail[] = [];
  const inbox = await startResendInbox();
  /** What was sent with a key, by the key. */
  const known = new Map<string, { hash: string; id: string; inProgress: boolean }>();
  const window = { second: 0, requests: 0 };

  function check(request: ApiRequest): Verdict {
    const { authorization } = request.headers;
    if (authorization === undefined) return refuse(401, 'missing_api_key', 'Missing API key');
    if (authorization !== `Bearer ${options.apiKey}`) {
      return refuse(403, 'invalid_api_key', 'API key is invalid');
    }
    const limited = options.ratePerSecond === undefined ? {} : countRequest(options.ratePerSecond);
    if (limited === null) {
      const headers = { 'ratelimit-remaining': '0', 'ratelimit-reset': '1', 'retry-after': '1' };
      return refuse(429, 'rate_limit_exceeded', 'Too many requests', headers);
    }
    const found = inbox.answer(request) ?? sentMail(request);
    if (found) return { taken: false, answer: { ...found, headers: { ...limited, ...found.headers } } };
    if (request.method !== 'POST' || request.path !== '/emails') {
      return refuse(404, 'not_found', 'The requested endpoint does not exist');
    }
    const problem = problemOf(request.body, options.domains);
    if (problem !== null) return problem;
    const key = request.headers['idempotency-key'];
    if (key === undefined) return { taken: true, take: () => take(request, null, limited) };
    if (typeof key !== 'string' || key.length < 1 || key.length > 256) {
      return refuse(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars');
    }
    const before = known.get(key);
    if (before === undefined) return { taken: true, take: () => take(request, key, limited) };
    if (before.hash !== hashOf(request.body)) {
      return refuse(409, 'invalid_idempotent_request', 'Same idempotency key, other request payload');
    }
    if (before.inProgress) {
      return refuse(409, 'concurrent_idempotent_requests', 'Another request with this key is in progress');
    }
    return { taken: false, answer: { status: 200, body: { id: before.id }, headers: limited } };
  }

  /** `GET /emails/{id}`. */
  function sentMail({ method, path }: ApiRequest): ApiAnswer | null {
    const id = /^\/emails\/([\w-]+)$/.exec(path)?.[1];
    if (method !== 'GET' || id === undefined) return null;
    const mail = sent.find((one) => one.id === id);
    if (mail)
      return { status: 200, body: { object: 'email', id, message_id: mail.messageId, ...mail.email } };
    return { status: 404, body: { statusCode: 404, name: 'not_found', message: 'Email not found' } };
  }

  function take(request: ApiRequest, key: string | null, headers: ApiAnswer['headers']): ApiAnswer {
    const id = randomUUID();
    const messageId = `<0100${id.replaceAll('-', '').slice(0, 12)}-${id}-000000@email.amazonses.com>`;
    sent.push({ id, idempotencyKey: key, email: JSON.parse(request.body), messageId });
    if (key !== null) known.set(key, { hash: hashOf(request.body), id, inProgress: false });
    return { status: 200, body: { id }, headers };
  }

  /** Headers for a request within the limit; null beyond it. */
  function countRequest(limit: number): Record<string, string> | null {
    const second = Math.floor(Date.now() / 1000);
    if (second !== window.second) Object.assign(window, { second, requests: 0 });
    window.requests += 1;
    if (window.requests > limit) return null;
    return {
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(limit - window.requests),
      'ratelimit-reset': '1',
    };
  }

  const api = await startMailApi(check, (request, held) => {
    const key = request.headers['idempotency-key'];
    const entry = typeof key === 'string' ? known.get(key) : undefined;
    if (entry !== undefined) entry.inProgress = held;
  });
  const close = async () => {
    await inbox.close();
    await api.close();
  };
  return { ...api, sent, inbox, close };
}

/** An answer with an error, for the next mail. */
export function resendError(
  status: number,
  name: string,
  headers: Record<string, string> = {},
  message = `the stand-in was asked for ${name}`,
): Fault {
  return { kind: 'answer', answer: { status, body: { statusCode: status, name, message }, headers } };
}

function refuse(status: number, name: string, message: string, headers?: Record<string, string>): Verdict {
  return { taken: false, answer: { status, body: { statusCode: status, name, message }, headers } };
}

/** What is wrong with a request; null when it can be sent. */
function problemOf(body: string, domains: string[] | undefined): Verdict | null {
  const email = jsonObject(body);
  const invalid = (message: string) => refuse(422, 'validation_error', message);
  if (email === null) return refuse(400, 'validation_error', 'The body is no JSON object');
  if (Buffer.byteLength(body) > MAX_BYTES) return refuse(413, 'validation_error', 'The mail is too large');
  const unknown = Object.keys(email).find((field) => !KNOWN_FIELDS.includes(field));
  if (unknown !== undefined) return invalid(`Unknown field ${unknown}`);
  for (const field of ['from', 'to', 'subject']) {
    if (email[field] === undefined)
      return refuse(422, 'missing_required_field', `Missing \`${field}\` field.`);
  }
  if (!isMailbox(email.from)) return refuse(422, 'invalid_from_address', 'Invalid `from` field.');
  const domain = /@([^>]+)>?$/.exec(email.from)?.[1] ?? '';
  if (domains !== undefined && !domains.includes(domain)) {
    return refuse(403, 'validation_error', `The ${domain} domain is not verified.`);
  }
  const people = [email.to, email.cc ?? [], email.reply_to ?? []];
  if (!people.every((list) => Array.isArray(list) && list.length <= 50 && list.every(isMailbox))) {
    return invalid('Invalid `to`, `cc` or `reply_to` field.');
  }
  if (!isPlain(email.subject)) return invalid('Invalid `subject` field.');
  if (!isText(email.text) || !isText(email.html) || (!email.text && !email.html)) {
    return refuse(422, 'missing_required_field', 'Missing `html` or `text` field.');
  }
  const headers = email.headers ?? {};
  if (typeof headers !== 'object' || !Object.entries(headers).flat().every(isPlain)) {
    return invalid('Invalid `headers` field.');
  }
  const files = email.attachments ?? [];
  if (!Array.isArray(files) || !files.every((file) => isPlain(file?.filename) && isBase64(file?.content))) {
    return refuse(422, 'invalid_attachment', 'Attachment must have a `filename` and `content`.');
  }
  return null;
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
