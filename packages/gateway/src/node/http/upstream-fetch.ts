/**
 * The gateway's fetch over `node:http`: it asks the operator's endpoint only, on connections that stay open between runs,
 * reports whether a request was sent, and accepts no answer without end or of another protocol.
 */
import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type FaultBarrier, faultBarrier } from '@tinyfat/core';
import { NO_HTTP } from '../../llm/forward.ts';
import { UpstreamFault, type UpstreamFetch } from '../../llm/upstream.ts';
import { watchInterim } from './answer-head.ts';
import { messageBody } from './message-body.ts';

interface NodeUpstream {
  fetch: UpstreamFetch;
  /** Closes every connection, also those in use. */
  close(): void;
}

type Init = Parameters<UpstreamFetch>[1];

/** Statuses whose answers have no body (Fetch standard). */
const NULL_BODY = new Set([204, 205, 304]);

/**
 * Idle connections stay for four minutes, less than what the usual front ends of such APIs allow them, and TCP
 * keep-alive finds those that died silently. Certificates are verified as Node does by default. `connectMs`: until a
 * connection stands, TLS included.
 */
export function nodeUpstream({ connectMs }: { connectMs: number }): NodeUpstream {
  const options = { keepAlive: true, keepAliveMsecs: 20_000, maxFreeSockets: 64, timeout: 240_000 };
  const plain = new http.Agent(options);
  const tls = new https.Agent(options);
  return {
    fetch: (text, init) =>
      new Promise((resolve, reject) => {
        const url = new URL(text);
        ask(url, init, { agent: url.protocol === 'https:' ? tls : plain, connectMs, resolve, reject });
      }),
    close() {
      plain.destroy();
      tls.destroy();
    },
  };
}

/**
 * Sends a request and settles with its answer. A kept connection that the other end closed in the meantime is no failure:
 * the request goes once more, on a fresh one.
 */
function ask(
  url: URL,
  init: Init,
  call: {
    agent: Agent | false;
    connectMs: number;
    resolve(answer: Response): void;
    reject(fault: unknown): void;
  },
): void {
  const { signal } = init;
  let sent = false;
  let settled = false;
  const fail = (message: string): void => settle(() => call.reject(new UpstreamFault(message, sent)));
  const onAbort = (): void => {
    fail('the request was given up');
    outgoing.destroy();
  };
  const guard: FaultBarrier = faultBarrier((fault) => settle(() => call.reject(fault)));

  /** The first call counts. But for an answer, the connection is of no use afterwards. */
  function settle(how: () => void, answered = false): void {
    if (settled) return;
    settled = true;
    if (!answered) {
      signal.removeEventListener('abort', onAbort);
      outgoing.destroy();
    }
    how();
  }

  const outgoing = startRequest(url, init, call.agent);
  const stopWatching = watchConnecting(
    outgoing,
    call.connectMs,
    guard(() => fail('the LLM endpoint could not be reached (no connection in time)')),
  );
  outgoing.once(
    'finish',
    guard(() => {
      sent = true;
    }),
  );
  outgoing.once(
    'response',
    guard((answer: IncomingMessage) => {
      const response = responseOf(answer, () => outgoing.destroy());
      if (response === null) return fail(NO_HTTP.reason);
      settle(() => call.resolve(response), true);
    }),
  );
  watchInterim(outgoing, guard, (reason) => {
    fail(`the LLM endpoint can not be talked to: ${reason}`);
    outgoing.destroy();
  });
  outgoing.on(
    'error',
    guard((error: NodeJS.ErrnoException) => {
      stopWatching();
      const again = call.agent !== false && outgoing.reusedSocket;
      if (again) settle(() => ask(url, init, { ...call, agent: false }));
      else fail(`the LLM endpoint could not be reached (${error.code ?? 'connection failed'})`);
    }),
  );
  outgoing.once('close', () => signal.removeEventListener('abort', onAbort));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  else outgoing.end(init.body);
}

/** `agent: false` takes a connection of its own. */
function startRequest(url: URL, { method, headers, body }: Init, agent: Agent | false): ClientRequest {
  const start = url.protocol === 'https:' ? https.request : http.request;
  const request = start({
    agent,
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : url.port,
    method,
    path: `${url.pathname}${url.search}`,
    headers: { ...Object.fromEntries(headers), host: url.host, 'content-length': body.length },
  });
  request.setNoDelay(true);
  return request;
}

/** The answer; null for a head that no `Response` may have: Node's parser accepts some. */
function responseOf(answer: IncomingMessage, onCancel: () => void): Response | null {
  const { statusCode: status = 0, headers } = answer;
  try {
    const passed = new Headers();
    for (const [name, value] of Object.entries(headers)) {
      for (const one of [value ?? []].flat()) passed.append(name, one);
    }
    if (!NULL_BODY.has(status))
      return new Response(messageBody(answer, onCancel), { status, headers: passed });
    answer.resume();
    return new Response(null, { status, headers: passed });
  } catch {
    answer.on('error', () => {});
    return null;
  }
}

/** Calls `onLate` unless the connection (with TLS) stands within `ms`; gives a function that stops waiting. */
function watchConnecting(request: ClientRequest, ms: number, onLate: () => void): () => void {
  const timer = setTimeout(onLate, ms);
  const stop = (): void => clearTimeout(timer);
  request.once('socket', (socket) => {
    if (!socket.connecting) stop();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop);
  });
  request.once('close', stop);
  return stop;
}
