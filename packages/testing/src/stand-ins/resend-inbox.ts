/**
 * The receiving half of the Resend stand-in: mails that came in, its list with pages, and the store of raw messages, which
 * is another server as in reality and gives a message only under an address that is new for each answer.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listenOnLoopback } from './loopback-server.ts';
import type { ApiAnswer, ApiRequest } from './mail-api.ts';

/** A mail as it came in; who is not said is not on it. */
export interface InboxMail {
  raw: Uint8Array;
  from: string;
  to: string[];
  cc?: string[];
  bcc?: string[];
  /** The envelope's recipients; absent as the API may leave them out. */
  receivedFor?: string[];
  /** Epoch ms; now by default. */
  at?: number;
}

/** What happens to the next request of a kind instead. `cut`: half a message, then the end of the connection. */
export type InboxFault = ApiAnswer | 'cut' | 'silence';
export type InboxRoute = 'mail' | 'list' | 'raw';

export interface ResendInbox {
  /** Takes a mail and tells nobody; gives its id. */
  take(mail: InboxMail): string;
  /** The `data` of its email.received event. */
  eventData(id: string): Record<string, unknown>;
  /** One fault for each of the next requests of this kind. */
  failNext(route: InboxRoute, ...faults: InboxFault[]): void;
  /** Answers a request of the API; null for one that is not about received mail. */
  answer(request: ApiRequest): ApiAnswer | null;
  /** Headers of each download. */
  downloads: IncomingHttpHeaders[];
  /** Resolves when so many downloads were asked for. */
  downloaded(count: number): Promise<void>;
  close(): Promise<void>;
}

interface StoredMail extends InboxMail {
  id: string;
  at: number;
}

/** Starts the store of raw messages on a free loopback port. */
export async function startResendInbox(): Promise<ResendInbox> {
  const mails: StoredMail[] = [];
  const addresses = new Map<string, StoredMail>();
  const faults: Record<InboxRoute, InboxFault[]> = { mail: [], list: [], raw: [] };
  const downloads: IncomingHttpHeaders[] = [];
  let waiting: { count: number; done: () => void }[] = [];

  const server = createServer((request, response) => {
    downloads.push(request.headers);
    waiting = waiting.filter(({ count, done }) => downloads.length < count || void done());
    const mail = addresses.get(request.url ?? '');
    const fault = faults.raw.shift();
    if (fault === 'silence') return;
    if (fault === 'cut' && mail) {
      response.writeHead(200, { 'content-length': mail.raw.length });
      response.write(mail.raw.subarray(0, Math.floor(mail.raw.length / 2)), () => response.destroy());
      return;
    }
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(String(fault.body));
      return;
    }
    response.writeHead(mail ? 200 : 403, { 'content-type': 'message/rfc822' }).end(mail?.raw);
  });
  const { url, close } = await listenOnLoopback(server);

  function metadata(mail: StoredMail): Record<string, unknown> {
    return {
      id: mail.id,
      to: mail.to,
      from: mail.from,
      cc: mail.cc ?? [],
      bcc: mail.bcc ?? [],
      ...(mail.receivedFor === undefined ? {} : { received_for: mail.receivedFor }),
      created_at: new Date(mail.at).toISOString(),
      subject: 'as the mail says',
      message_id: '<as@the.mail.says>',
      attachments: [],
    };
  }

  function whole(mail: StoredMail): ApiAnswer {
    const path = `/raw/${randomUUID()}?signature=secret`;
    addresses.set(path, mail);
    const raw = { download_url: `${url}${path}`, expires_at: new Date(Date.now() + 3_600_000).toISOString() };
    return { status: 200, body: { object: 'email', ...metadata(mail), html: null, text: null, raw } };
  }

  function page(query: URLSearchParams): ApiAnswer {
    const newestFirst = mails.toSorted((a, b) => b.at - a.at);
    const after = query.get('after');
    const start = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1;
    const shown = newestFirst.slice(start, start + Math.min(Number(query.get('limit') ?? 20), 100));
    const more = start + shown.length < newestFirst.length;
    return { status: 200, body: { object: 'list', has_more: more, data: shown.map(metadata) } };
  }

  return {
    take(mail) {
      const stored = { at: Date.now(), ...mail, id: randomUUID() };
      mails.push(stored);
      return stored.id;
    },
    eventData(id) {
      const mail = mails.find((one) => one.id === id);
      if (!mail) throw new Error(`the stand-in has no mail ${id}`);
      const { id: email_id, ...rest } = metadata(mail);
      return { email_id, ...rest };
    },
    failNext: (route, ...more) => void faults[route].push(...more),
    answer({ method, path }) {
      const { pathname, searchParams } = new URL(path, url);
      if (method !== 'GET' || !/^\/emails\/receiving(\/|$)/.test(pathname)) return null;
      const id = pathname.split('/')[3];
      const fault = faults[id === undefined ? 'list' : 'mail'].shift();
      if (typeof fault === 'object') return fault;
      if (id === undefined) return page(searchParams);
      const mail = mails.find((one) => one.id === id);
      if (mail) return whole(mail);
      return { status: 404, body: { statusCode: 404, name: 'not_found', message: 'Email not found' } };
    },
    downloads,
    downloaded: (count) =>
      downloads.length >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done })),
    close,
  };
}
