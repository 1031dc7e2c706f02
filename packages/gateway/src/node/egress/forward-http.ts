import { type IncomingMessage, type ServerResponse, request as startRequest } from 'node:http';
import { pipeline } from 'node:stream';
import type { FaultBarrier } from '@tinyfat/core';
import { type EgressRefusal, refusal } from '../../egress/refusal.ts';
import { parseAbsoluteForm, refusedTarget } from '../../egress/target.ts';
import { chunkSizes } from '../../small-chunks.ts';
import { passHead, watchInterim } from '../http/answer-head.ts';
import { endToEndHeaders, type HeaderFields } from './headers.ts';
import { type EgressDeps, openConnection } from './open-connection.ts';

/**
 * Forwards one plain-HTTP request in absolute form. The target decides where it goes and what Host says; the body
 * is framed anew, exactly as the parser understood it, so that nothing can hide in it (request smuggling, RFC
 * 9112 section 11.2). One connection per request: nobody's bytes come before or after.
 */
export async function serveForward(
  request: IncomingMessage,
  response: ServerResponse,
  deps: EgressDeps,
  guard: FaultBarrier,
): Promise<void> {
  const asked = request.url ?? '';
  const parsed = parseAbsoluteForm(asked);
  if (!parsed.ok) return refuse(refusal('bad_target', parsed.reason));
  if (request.method === 'TRACE') return refuse(refusal('method'));

  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  const opened = await openConnection(parsed.target, deps, hungUp.signal);
  if (!opened.ok) return refuse(opened);
  const { socket } = opened;
  if (response.destroyed) {
    socket.destroy();
    return;
  }
  response.once('close', () => socket.destroy());
  deps.emit({ kind: 'egress', host: parsed.target.host, port: parsed.target.port });

  let silent = false;
  socket.setTimeout(deps.limits.egressIdleMs, () => {
    silent = true;
    socket.destroy();
  });
  const outgoing = startRequest({
    createConnection: () => socket,
    method: request.method,
    path: parsed.path,
    headers: { ...endToEndHeaders(request.headers), ...framing(request), host: parsed.authority },
  });
  deps.budget.watch(socket, request);
  const sent = chunkSizes();
  request.on(
    'data',
    guard((chunk: Buffer) => {
      if (!sent(chunk.length)) giveUp(refusal('bad_request', 'the request comes in too many small chunks'));
    }),
  );
  outgoing.on(
    'response',
    guard((answer: IncomingMessage) => {
      if (!passHead(response, answer.statusCode, answerHeaders(answer))) {
        return giveUp(refusal('bad_answer'));
      }
      const received = chunkSizes();
      answer.on(
        'data',
        guard((chunk: Buffer) => {
          if (!received(chunk.length))
            giveUp(refusal('bad_answer', 'the host answers in too many small chunks'));
        }),
      );
      pipeline(answer, response, () => socket.destroy());
    }),
  );
  watchInterim(outgoing, guard, (reason) =>
    giveUp(refusal('bad_answer', `the host can not be talked to: ${reason}`)),
  );
  pipeline(request, outgoing, (error) => {
    if (error) outgoing.destroy();
  });
  outgoing.on(
    'error',
    guard(() => {
      giveUp(refusal(silent ? 'timeout' : 'broken_off'));
    }),
  );

  /** Half an answer must not look like a whole one. */
  function giveUp(why: EgressRefusal): void {
    if (response.headersSent) response.destroy();
    else refuse(why);
    socket.destroy();
  }

  function refuse({ status, code, reason }: EgressRefusal): void {
    if (response.headersSent || response.destroyed) return;
    const target = parsed.ok ? parsed.target : parsed;
    deps.emit({ kind: 'refused', ...refusedTarget(asked, target), code, reason });
    response.shouldKeepAlive = false;
    response.writeHead(status, reason, { 'content-type': 'text/plain' });
    response.end(`tinyfat gateway: ${reason}\n`);
    request.resume();
  }
}

/** Node's parser lets only one of both through; with neither there is no body. */
function framing(request: IncomingMessage): HeaderFields {
  const length = request.headers['content-length'];
  if (request.headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' };
  if (length !== undefined) return { 'content-length': length };
  return request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH'
    ? { 'content-length': '0' }
    : {};
}

function answerHeaders(answer: IncomingMessage): HeaderFields {
  const headers = endToEndHeaders(answer.headers);
  if (answer.headers['transfer-encoding'] !== undefined) delete headers['content-length'];
  return headers;
}
