/** Posting webhooks as the providers do: Resend signs as Svix does, Postmark has a user and a password. */
import { createHmac, randomUUID } from 'node:crypto';

/** A signing secret as Resend shows it. */
export const WEBHOOK_SECRET = `whsec_${Buffer.from('the first secret of the webhook').toString('base64')}`;
/** The one that comes after it. */
export const NEXT_WEBHOOK_SECRET = `whsec_${Buffer.from('the secret after a rotation').toString('base64')}`;

export interface SignedPost {
  type: string;
  data: unknown;
  /** Each makes a signature of its own. */
  secrets?: string[];
  /** svix-id; a new one by default. */
  id?: string;
  /** Seconds since the epoch; now by default. */
  at?: number;
  /** Epoch ms of the event. */
  createdAt?: number;
}

export interface WebhookReply {
  status: number;
  code: string | null;
  reason: string | null;
}

/** Posts one signed event to the server at this URL. */
export async function postResend(url: string, post: SignedPost): Promise<WebhookReply> {
  const body = JSON.stringify({
    type: post.type,
    created_at: new Date(post.createdAt ?? Date.now()).toISOString(),
    data: post.data,
  });
  return await postBody(`${url}/webhooks/resend`, body, svixHeaders(body, post));
}

/** The headers of Svix for a body. */
export function svixHeaders(
  body: string,
  {
    secrets = [WEBHOOK_SECRET],
    id = `msg_${randomUUID()}`,
    at = Math.floor(Date.now() / 1000),
  }: Partial<SignedPost>,
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
  });
  return { 'svix-id': id, 'svix-timestamp': String(at), 'svix-signature': signatures.join(' ') };
}

/** Posts JSON to the server's webhook of Postmark, with `user:password` or without. */
export async function postPostmark(
  url: string,
  json: unknown,
  credentials: string | null,
): Promise<WebhookReply> {
  const basic = credentials === null ? null : Buffer.from(credentials).toString('base64');
  const headers: Record<string, string> = basic === null ? {} : { authorization: `Basic ${basic}` };
  return await postBody(`${url}/webhooks/postmark`, JSON.stringify(json), headers);
}

/** What Postmark posts of a mail that came in, with its raw content unless that is switched off. */
export function postmarkInbound(mail: {
  raw: Uint8Array | null;
  from: string;
  to: string[];
  originalRecipient?: string;
  messageId?: string;
}): Record<string, unknown> {
  const { raw, from, to, originalRecipient = '', messageId = randomUUID() } = mail;
  return {
    MessageID: messageId,
    MessageStream: 'inbound',
    From: from,
    FromFull: { Email: from, Name: '', MailboxHash: '' },
    To: to.join(', '),
    ToFull: to.map((address) => ({ Email: address, Name: '', MailboxHash: '' })),
    CcFull: [],
    BccFull: [],
    OriginalRecipient: originalRecipient,
    Subject: 'as the mail says',
    TextBody: 'as the mail says',
    Headers: [],
    Attachments: [],
    ...(raw === null ? {} : { RawEmail: Buffer.from(raw).toString('utf8') }),
  };
}

/** Posts a body with headers; a connection of its own, as another machine would. */
export async function postBody(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<WebhookReply> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
  });
  const text = await response.text();
  const { code = null, reason = null }: Partial<WebhookReply> = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, code, reason };
}
