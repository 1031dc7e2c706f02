/**
 * Each request from its head to the last byte of its answer. Invariants: every answer has our headers; the bytes of a
 * request in memory are counted in one budget, and released at its end; no listener throws.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { byteBudget, faultBarrier, faultText, type Logger } from '@tinyfat/core';
import { clientNetwork, networkList } from '@tinyfat/mail/network';
import type { Backend, RequestContext } from '../contract.ts';
import { problem, problemOf } from '../http/problem.ts';
import { completed, methodNotAllowed } from '../http/request-shape.ts';
import { withSecurityHeaders } from '../http/security-headers.ts';
import { semaphore } from '../http/semaphore.ts';
import { requestOrigin } from './client-address.ts';
import { limitConnections, type Surplus } from './connection-limits.ts';
import { answerRaw, parseProblem } from './raw-answer.ts';
import { readHead } from './read-head.ts';
import { writeAnswer } from './write-answer.ts';

/** For all requests together, and for those of one client's network; sizes in bytes, times in ms. */
export interface HttpLimits {
  /** Bodies and answers in memory. The largest webhook has 72 MiB. */
  heldBytes: number;
  heldBytesOfClient: number;
  connections: number;
  connectionsOfPeer: number;
  requestsOfClient: number;
  /** For the head of a request to come, and for all of it. */
  headMs: number;
  requestMs: number;
  /** In which a client must read the 64 KiB that it was given. */
  stallMs: number;
}

/** What every server has, whatever it answers. */
export type ServeBackend = Pick<Backend, 'publicUrl' | 'reportFault'>;

export interface ServeDeps<B extends ServeBackend = Backend> {
  limits: HttpLimits;
  trustedProxies: readonly string[];
  backend: B;
  logger: Logger;
  /** Null where nothing is under that address. */
  answer(request: Request, parts: RequestContext<B>): Promise<Response | null>;
}

/** Unanswered requests of one connection; usually there is one. */
const MOST_PIPELINED = 8;
const RETRY_AFTER = { 'retry-after': '5' };

/** Answers every request of the server. An error while one is answered ends that one. */
export function serveRequests<B extends ServeBackend>(server: Server, parts: ServeDeps<B>): void {
  const { backend, limits, logger } = parts;
  const isProxy = networkList([...parts.trustedProxies]);
  const budget = byteBudget(limits.heldBytes);
  const inWork = semaphore({ ofOne: limits.requestsOfClient, ofAll: Number.POSITIVE_INFINITY });
  const surplusOf = limitConnections(
    server,
    { ofAll: limits.connections, ofPeer: limits.connectionsOfPeer },
    clientNetwork,
    isProxy,
  );
  const unanswered = new Map<Duplex, Set<ServerResponse>>();
  const answeredRaw = new WeakSet<Duplex>();

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse, refusal?: Response) => {
    const { socket } = incoming;
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    const origin = requestOrigin(socket.remoteAddress ?? '', incoming.headers, isProxy);
    const client = clientNetwork(origin.clientAddress);
    const release = inWork.acquire(client);
    const reservation = budget.open({ party: `client ${client}`, most: limits.heldBytesOfClient });
    const bounds = { reservation, stallMs: limits.stallMs };
    const write = async (answer: Response) => {
      if (answeredRaw.has(socket)) return await answer.body?.cancel();
      return await writeAnswer(withSecurityHeaders(answer, backend.publicUrl), outgoing, bounds);
    };
    try {
      const surplus = surplusOf(socket) ?? (release ? null : 'of_peer');
      const isLiveness = incoming.url === '/health/live';
      const answer =
        refusal ??
        (surplus !== null && !isLiveness
          ? refuseSurplus(surplus)
          : await answerOf(parts, incoming, gone.signal, { backend, origin, reservation }));
      if ((await write(answer)) === 'over_budget')
        await write(problem('server_busy', undefined, RETRY_AFTER));
    } catch (error) {
      // A client that hangs up breaks reading and writing, which is no fault.
      const id = gone.signal.aborted ? null : backend.reportFault(error, 'http');
      if (outgoing.headersSent || outgoing.destroyed || id === null) return void outgoing.destroy();
      await write(problem('server_fault', `The log has it as ${id}.`));
    } finally {
      reservation.release();
      release?.();
    }
  };

  const start = (incoming: IncomingMessage, outgoing: ServerResponse, refusal?: Response) => {
    const { socket } = incoming;
    const mine = unanswered.get(socket) ?? new Set();
    unanswered.set(socket, mine.add(outgoing));
    outgoing.once('close', () => {
      mine.delete(outgoing);
      if (mine.size === 0) unanswered.delete(socket);
    });
    outgoing.on('error', () => {});
    // The answers of a client that never reads them would pile up.
    if (mine.size > MOST_PIPELINED) return void socket.destroy();
    serve(incoming, outgoing, refusal).catch((error) => {
      logger.error('http_fault', { error: faultText(error) });
      socket.destroy();
    });
  };
  const raw = (socket: Duplex, answer: Response | null) => {
    if (answeredRaw.has(socket)) return;
    answeredRaw.add(socket);
    const isBegun = [...(unanswered.get(socket) ?? [])].some(({ headersSent }) => headersSent);
    if (answer === null || isBegun) return void socket.destroy();
    answerRaw(socket, withSecurityHeaders(answer, backend.publicUrl)).catch(() => socket.destroy());
  };

  const guard = faultBarrier((fault) => logger.error('http_fault', { error: faultText(fault) }));
  server.on('request', guard(start));
  server.on(
    'checkExpectation',
    guard((incoming: IncomingMessage, outgoing: ServerResponse) =>
      start(
        incoming,
        outgoing,
        problemOf('invalid_request', 417, 'The only expectation that is met is 100-continue.'),
      ),
    ),
  );
  server.on(
    'connect',
    guard((_incoming: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => {});
      raw(socket, methodNotAllowed());
    }),
  );
  server.on(
    'clientError',
    guard((error: NodeJS.ErrnoException, socket: Duplex) => raw(socket, parseProblem(error.code))),
  );
}

async function answerOf<B extends ServeBackend>(
  { answer }: ServeDeps<B>,
  incoming: IncomingMessage,
  signal: AbortSignal,
  parts: RequestContext<B>,
): Promise<Response> {
  const head = readHead(incoming, signal);
  if (!head.ok) return head.answer;
  return completed(await answer(head.request, parts));
}

function refuseSurplus(surplus: Surplus): Response {
  const headers = { ...RETRY_AFTER, connection: 'close' };
  return surplus === 'of_all'
    ? problem('server_busy', 'There are too many connections.', headers)
    : problem('too_many_requests', 'Too many connections or requests of your network are open.', headers);
}
