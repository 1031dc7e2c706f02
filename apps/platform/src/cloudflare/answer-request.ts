/**
 * Each request from its head to the last byte of its answer. Invariants: every answer has our headers; the bytes of a
 * request in memory are counted, and its connections ended, when its body has been sent or its client has left.
 */
import type { Logger } from '@tinyfat/core';
import { clientNetwork, normalAddress } from '@tinyfat/mail/network';
import type { NamedModel } from '@tinyfat/settings';
import type { RequestContext } from '../contract.ts';
import { assetHeaders } from '../http/asset-headers.ts';
import { problem } from '../http/problem.ts';
import {
  completed,
  isKnownMethod,
  isReadablePath,
  methodNotAllowed,
  unreadablePath,
} from '../http/request-shape.ts';
import { withSecurityHeaders } from '../http/security-headers.ts';
import { liveAnswer } from '../operations/answers.ts';
import { makeBackend } from './backend.ts';
import type { InvocationContext, PlatformBindings } from './bindings.ts';
import { withEnd } from './body-end.ts';
import { WrongSettings } from './config.ts';
import { type Invocation, openInvocation } from './invocation.ts';
import { HELD_BYTES_OF_CLIENT, type Isolate } from './isolate.ts';

export interface AnswerDeps {
  isolate: Isolate;
  models: readonly NamedModel[];
  /** The built pages: the answer to a request, null where there is no route for it. */
  render(request: Request, context: RequestContext): Promise<Response | null>;
  /** Where the pages' own log goes. */
  logTo(logger: Logger): void;
}

/** Answers it. Rejects for no request. */
export async function answerRequest(
  deps: AnswerDeps,
  request: Request,
  env: PlatformBindings,
  ctx: InvocationContext,
): Promise<Response> {
  const opened = openOrSay(env, ctx);
  if (opened instanceof WrongSettings) {
    const answer = problem('server_fault', 'Its settings can not be used: the log names them.');
    return withSecurityHeaders(answer, new URL(request.url));
  }
  const invocation = opened;
  const { logger, makeId } = invocation.runtime;
  // Cloudflare sets it, and no client can; what else names an address is the client's own invention.
  const clientAddress = normalAddress(request.headers.get('cf-connecting-ip') ?? '');
  const reservation = deps.isolate.budget.open({
    party: `client ${clientNetwork(clientAddress)}`,
    most: HELD_BYTES_OF_CLIENT,
  });
  let answer: Response;
  try {
    answer = await answerOf(deps, request, env, invocation, {
      origin: { clientAddress, local: false },
      reservation,
    });
  } catch (error) {
    const id = makeId();
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    logger.error('page_fault', { id, route: 'http', error: message, stack: stack?.slice(0, 2000) });
    answer = problem('server_fault', `The log has it as ${id}.`);
  }
  const sealed = withSecurityHeaders(answer, invocation.config.publicUrl);
  const { answer: sent, ended } = await withEnd(sealed, request.method === 'HEAD');
  ctx.waitUntil(
    ended.then(async () => {
      reservation.release();
      await invocation.end();
    }),
  );
  return sent;
}

function openOrSay(env: PlatformBindings, ctx: InvocationContext): Invocation | WrongSettings {
  try {
    return openInvocation(env, ctx);
  } catch (error) {
    if (!(error instanceof WrongSettings)) throw error;
    console.error(JSON.stringify({ level: 'error', event: 'settings_wrong', problems: error.message }));
    return error;
  }
}

async function answerOf(
  { isolate, models, render, logTo }: AnswerDeps,
  request: Request,
  env: PlatformBindings,
  invocation: Invocation,
  from: Omit<RequestContext, 'backend'>,
): Promise<Response> {
  if (!isKnownMethod(request.method)) return methodNotAllowed();
  const { pathname } = new URL(request.url);
  if (!isReadablePath(pathname)) return unreadablePath();
  if (pathname === '/health/live') return liveAnswer();
  const asset = await assetOf(request, pathname, env);
  if (asset !== null) return asset;
  logTo(invocation.runtime.logger);
  const backend = await makeBackend(env, invocation, isolate, models);
  return completed(await render(request, { backend, ...from }));
}

/** A file of the build by its exact path, under the rules that Node's server has for it; null for everything else. */
async function assetOf(
  { method, url }: Request,
  pathname: string,
  { ASSETS }: PlatformBindings,
): Promise<Response | null> {
  const headers = assetHeaders(pathname);
  if (headers === null || (method !== 'GET' && method !== 'HEAD')) return null;
  // Nothing of the client's goes on: no header of a request makes another answer of a file.
  const found = await ASSETS.fetch(new Request(new URL(pathname, url)));
  if (found.status === 200) return new Response(found.body, { headers });
  await found.body?.cancel();
  return null;
}
