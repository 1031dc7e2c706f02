/**
 * What the stand-ins for mail providers have in common: a real HTTP server on loopback that takes mails over a JSON
 * API, keeps them, and misbehaves when it is told to.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { createGates } from './gates.ts';
import { bodyOf, listenOnLoopback } from './loopback-server.ts';

/** One request as it came. */
export interface ApiRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A JSON body, or a text where it is not to be JSON. */
export interface ApiAnswer {
  status: number;
  body: unknown;
  headers?: OutgoingHttpHeaders;
}

/** What the API makes of a request: an answer at once, or a mail to be taken. */
export type Verdict = { taken: false; answer: ApiAnswer } | { taken: true; take(): ApiAnswer };

/**
 * What happens to the next mail instead of being taken and answered. `taken`: the mail is taken all the same.
 * `silence` never answers, `reset` cuts the connection, `gate` answers once the gate is opened.
 */
export type Fault =
  | { kind: 'answer'; answer: ApiAnswer }
  | { kind: 'silence' | 'reset'; taken: boolean }
  | { kind: 'gate'; name: string };

export interface MailApi {
  url: string;
  /** In order of arrival, refused ones too. */
  requests: ApiRequest[];
  /** What the next mails meet, one fault for each; then all are taken. */
  fail(...faults: Fault[]): void;
  /** Resolves when this many mails were taken. */
  received(count: number): Promise<void>;
  /** Resolves when a mail waits, or has waited, at the gate. */
  arrived(gate: string, times?: number): Promise<void>;
  release(gate: string): void;
  close(): Promise<void>;
}

/** Starts on a free loopback port. `onHeld` is told when a mail that was taken begins and ends to wait at a gate. */
export async function startMailApi(
  check: (request: ApiRequest) => Verdict,
  onHeld: (request: ApiRequest, held: boolean) => void = () => undefined,
): Promise<MailApi> {
  const requests: ApiRequest[] = [];
  const faults: Fault[] = [];
  const gates = createGates();
  let taken = 0;
  let waiting: { count: number; done: () => void }[] = [];

  function noteTaken(): void {
    taken += 1;
    waiting = waiting.filter(({ count, done }) => {
      if (taken < count) return true;
      done();
      return false;
    });
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request: ApiRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: await bodyOf(incoming),
    };
    requests.push(request);
    const verdict = check(request);
    if (!verdict.taken) return send(response, verdict.answer);
    const take = () => {
      const answer = verdict.take();
      noteTaken();
      return answer;
    };
    const fault = faults.shift();
    switch (fault?.kind) {
      case undefined:
        return send(response, take());
      case 'answer':
        return send(response, fault.answer);
      case 'silence':
        if (fault.taken) take();
        return;
      case 'reset':
        if (fault.taken) take();
        incoming.socket.resetAndDestroy();
        return;
      case 'gate': {
        const answer = take();
        onHeld(request, true);
        await gates.pass(fault.name);
        onHeld(request, false);
        return send(response, answer);
      }
    }
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent && !response.destroyed) send(response, { status: 500, body: String(error) });
    });
  });
  const { url, close } = await listenOnLoopback(server);

  return {
    url,
    requests,
    fail: (...more) => void faults.push(...more),
    received: (count) =>
      taken >= count ? Promise.resolve() : new Promise((done) => waiting.push({ count, done })),
    arrived: gates.arrived,
    release: gates.release,
    close() {
      gates.releaseAll();
      return close();
    },
  };
}

/** The JSON object in a text; null for anything else. */
export function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Whether a text is one address, alone or as `Name <address>`, the name in quotes or without special characters. */
export function isMailbox(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const address = '[^\\s<>"(),:;@]+@[^\\s<>"(),:;@]+';
  return new RegExp(`^(?:${address}|(?:"[^"\\\\\\p{Cc}]+"|[^"<>@,;:.()\\p{Cc}]+) <${address}>)$`, 'u').test(
    text,
  );
}

/** Whether a text is base64 as RFC 4648 section 4 has it. */
export function isBase64(text: unknown): text is string {
  return typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;
}

function send(response: ServerResponse, { status, body, headers }: ApiAnswer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
