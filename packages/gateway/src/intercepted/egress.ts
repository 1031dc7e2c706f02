/**
 * Requests of a sandbox to the internet that were intercepted on their way. The host is asked by its name: nothing here looks
 * a name up, so what a name leads to is not checked. It need not be on Workers, whose fetch reaches the public internet only
 * (compatibility flag `global_fetch_strictly_public`); anywhere else it would be a hole.
 */

import { HOP_BY_HOP } from '../egress/hop-by-hop.ts';
import { type EgressRefusal, refusal } from '../egress/refusal.ts';
import type { EgressRules } from '../egress/rules.ts';
import { type EgressTarget, parseAuthority, refusedTarget } from '../egress/target.ts';
import type { GatewayEvent } from '../events.ts';
import { idleTimer } from '../idle-timer.ts';
import { chunkSizes } from '../small-chunks.ts';
import type { InterceptedLimits } from './limits.ts';

export interface EgressDeps {
  rules: EgressRules;
  /** It must not follow redirects, and reach nothing that is not public. */
  fetch(url: string, init: EgressInit): Promise<Response>;
  limits: Pick<InterceptedLimits, 'egressRequests' | 'egressBytes' | 'egressIdleMs'>;
  emit(event: GatewayEvent): void;
}

interface EgressInit {
  method: string;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  redirect: 'manual';
  signal: AbortSignal;
}

/** Fields that say who asked, or that whatever intercepts has put there. */
const ABOUT_THE_WAY = /^(?:cf-|x-real-ip$|true-client-ip$|cdn-loop$|host$|content-length$|accept-encoding$)/;
const NULL_BODY = new Set([101, 204, 205, 304]);
const METHOD = /^[A-Z]{1,20}$/;

/** Gives the function that answers such requests of one run. */
export function interceptedEgress(deps: EgressDeps): (request: Request) => Promise<Response> {
  const { rules, limits, emit } = deps;
  const running = new Set<AbortController>();
  let left = limits.egressBytes;

  /** When the bytes are used up, all that is under way is cut: otherwise many could each take the last ones. */
  function spend(bytes: number): void {
    left -= bytes;
    if (left <= 0) for (const ending of running) ending.abort();
  }

  function refuse(asked: string, target: EgressTarget, why: EgressRefusal): Response {
    const { code, reason, status } = why;
    emit({ kind: 'refused', ...refusedTarget(asked, target), code, reason });
    return new Response(`tinyfat gateway: ${reason}\n`, {
      status,
      headers: { 'content-type': 'text/plain' },
    });
  }

  return async (request) => {
    const url = new URL(request.url);
    // What the request's Host said, as a URL parser understood it: odd numerals are addresses by now.
    const target = parseAuthority(url.host, url.protocol === 'https:' ? 443 : 80);
    if (!target.ok) return refuse(url.host, target, refusal('bad_target', target.reason));
    const notAllowed = whyNot(target, request, rules);
    if (notAllowed !== null) return refuse(url.host, target, notAllowed);
    if (left <= 0 || running.size >= limits.egressRequests)
      return refuse(url.host, target, refusal('used_up'));
    const ending = new AbortController();
    const cut = (): void => ending.abort();
    let isSilent = false;
    const watch = idleTimer(limits.egressIdleMs, () => {
      isSilent = true;
      cut();
    });
    running.add(ending);
    request.signal.addEventListener('abort', cut, { once: true });
    if (request.signal.aborted) cut();
    function end(): void {
      running.delete(ending);
      watch.stop();
      request.signal.removeEventListener('abort', cut);
    }
    const moved = (bytes: number): void => {
      watch.moved();
      spend(bytes);
    };
    emit({ kind: 'egress', host: target.host, port: target.port });
    let answer: Response;
    try {
      answer = await deps.fetch(url.href, {
        method: request.method,
        headers: endToEnd(request.headers),
        body: request.body === null ? null : counted(request.body, moved, ending),
        redirect: 'manual',
        signal: ending.signal,
      });
    } catch {
      end();
      return refuse(url.host, target, refusal(isSilent ? 'timeout' : 'unreachable'));
    }
    const headers = endToEnd(answer.headers);
    // Whatever encoding it came in, it is read here without.
    headers.delete('content-encoding');
    if (answer.status < 200 || answer.status > 599) {
      end();
      void answer.body?.cancel().catch(() => undefined);
      return refuse(url.host, target, refusal('bad_answer'));
    }
    if (answer.body === null || NULL_BODY.has(answer.status)) {
      end();
      return new Response(null, { status: answer.status, headers });
    }
    return new Response(counted(answer.body, moved, ending, end), { status: answer.status, headers });
  };
}

type Target = EgressTarget & { ok: true };

function whyNot(target: Target, request: Request, rules: EgressRules): EgressRefusal | null {
  if (request.method === 'TRACE' || !METHOD.test(request.method)) return refusal('method');
  const notAllowed = rules.whyNot(target);
  if (notAllowed !== null) return notAllowed;
  if (target.address !== null)
    return refusal('not_public', 'a host is reached by its name here, not by an address');
  return null;
}

/** The fields that go on: none of the connection, none that `Connection` names, none about the way here. */
function endToEnd(headers: Headers): Headers {
  const named = new Set((headers.get('connection') ?? '').toLowerCase().split(/[\s,]+/));
  const passed = new Headers();
  for (const [name, value] of headers) {
    if (!HOP_BY_HOP.has(name) && !named.has(name) && !ABOUT_THE_WAY.test(name)) passed.append(name, value);
  }
  return passed;
}

/** A body as it is pulled, counted; errors where it is cut or comes in too many small chunks. */
function counted(
  body: ReadableStream<Uint8Array>,
  moved: (bytes: number) => void,
  ending: AbortController,
  onEnd: () => void = () => {},
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const isEnough = chunkSizes();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  ending.signal.addEventListener('abort', cancel, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await reader.read().catch(() => null);
        if (next !== null && !next.done && !ending.signal.aborted && isEnough(next.value.length)) {
          moved(next.value.length);
          return controller.enqueue(next.value);
        }
        onEnd();
        if (next?.done === true && !ending.signal.aborted) return controller.close();
        ending.abort();
        throw new Error('the body was cut');
      },
      cancel() {
        onEnd();
        ending.abort();
      },
    },
    { highWaterMark: 0 },
  );
}
