/** Passes a request to the LLM with the real key, and the answer back, each chunk as it comes. */
import { errorCode } from '@tinyfat/core';
import { apiError, type LlmRefusal } from '../api-error.ts';
import { idleTimer } from '../idle-timer.ts';
import { chunkSizes } from '../small-chunks.ts';
import type { RequestMeter } from '../spending/request-meter.ts';
import { createKeyHider, withoutKey } from './hide-key.ts';
import { UpstreamFault, type UpstreamFetch } from './upstream.ts';

interface ForwardDeps {
  fetch: UpstreamFetch;
  url: string;
  apiKey: string;
  body: Uint8Array;
  meter: RequestMeter;
  /** Aborted when the answer must end: the sandbox hung up, or the money is used up. */
  ending: AbortController;
  /** A request on which nothing moves for so long is ended, ms. */
  idleMs: number;
  /** Called once, when the request is over; the status is the answer's. */
  onEnd(status: number): void;
  onFault(fault: unknown): void;
}

const REQUEST_FIELDS = /^(?:accept|content-type|user-agent|x-app|anthropic-[a-z-]+|x-stainless-[a-z-]+)$/;
const ANSWER_FIELDS =
  /^(?:content-type|content-length|request-id|retry-after(?:-ms)?|x-should-retry|anthropic-ratelimit-[a-z-]+)$/;
/** Statuses whose answers have no body (Fetch standard). */
const NULL_BODY = new Set([101, 204, 205, 304]);

/** Resolves to the answer once its head is here; its body flows on, and a cut answer never looks like a whole one. */
export async function forwardToUpstream(headers: Headers, deps: ForwardDeps): Promise<Response> {
  const { apiKey, meter, ending } = deps;
  let idle = false;
  const watch = idleTimer(deps.idleMs, () => {
    idle = true;
    ending.abort();
  });
  function end(whole: boolean, status: number): void {
    watch.stop();
    if (!whole) ending.abort();
    meter.end(whole);
    deps.onEnd(status);
  }
  function fail(reason: string, status: 502 | 504 = 502): Response {
    end(false, status);
    return apiError({ status, type: 'api_error', reason });
  }

  meter.sent();
  let answer: Response;
  try {
    answer = await deps.fetch(deps.url, {
      method: 'POST',
      headers: llmRequestHeaders(headers, apiKey),
      body: deps.body,
      redirect: 'manual',
      signal: ending.signal,
    });
  } catch (error) {
    const fault = error instanceof UpstreamFault ? error : null;
    if (fault?.sent === false) meter.rejected();
    if (idle) return fail('nothing moved on the connection to the LLM endpoint for too long', 504);
    const code =
      errorCode(error) || (error instanceof Error && errorCode(error.cause)) || 'connection failed';
    return fail(fault?.message ?? `the LLM endpoint could not be reached (${code})`);
  }
  const { status } = answer;
  const good = status >= 200 && status < 300;
  if (!good) meter.rejected();
  if ((answer.headers.get('content-encoding') ?? 'identity') !== 'identity') {
    return fail('the LLM endpoint answered in an encoding that was not asked for');
  }
  if (status < 200 || status > 599) return fail(NO_HTTP.reason);
  const passed = llmAnswerHeaders(answer.headers);
  for (const [name, value] of passed) passed.set(name, withoutKey(value, apiKey));
  if (answer.body === null || NULL_BODY.has(status)) {
    void answer.body?.cancel().catch(() => undefined);
    end(true, status);
    return new Response(null, { status, headers: passed });
  }
  const onChunk = good ? meter.startAnswer(answer.headers.get('content-type') ?? '') : () => {};
  const stream = passBody(answer.body, {
    apiKey,
    signal: ending.signal,
    onChunk(chunk) {
      watch.moved();
      onChunk(chunk);
    },
    onEnd: (whole) => end(whole, status),
    onFault: deps.onFault,
  });
  return new Response(stream, { status, headers: passed });
}

/** An answer whose head can not be passed on. */
export const NO_HTTP: LlmRefusal = {
  status: 502,
  type: 'api_error',
  reason: 'the LLM endpoint sent an answer that is no valid HTTP',
};

/** What of a sandbox's request reaches the LLM: no cookie, no credential, no encoding, nothing unknown; and the key. */
function llmRequestHeaders(headers: Headers, apiKey: string): Headers {
  const passed = only(headers, REQUEST_FIELDS);
  passed.set('x-api-key', apiKey);
  // An encoded answer would hide both the key and the token counts from the gateway.
  passed.set('accept-encoding', 'identity');
  return passed;
}

/** What of the LLM's answer reaches the sandbox: nothing about the account behind the key. */
function llmAnswerHeaders(headers: Headers): Headers {
  const passed = only(headers, ANSWER_FIELDS);
  if (headers.has('transfer-encoding')) passed.delete('content-length');
  return passed;
}

function only(headers: Headers, names: RegExp): Headers {
  return new Headers([...headers].filter(([name]) => names.test(name)));
}

/** The body without the key, pulled as it is read; each chunk as it came goes to `onChunk`. Errors where it breaks off. */
function passBody(
  body: ReadableStream<Uint8Array>,
  deps: {
    apiKey: string;
    signal: AbortSignal;
    onChunk(chunk: Uint8Array): void;
    onEnd(whole: boolean): void;
    onFault(fault: unknown): void;
  },
): ReadableStream<Uint8Array> {
  const { signal } = deps;
  const reader = body.getReader();
  const hider = createKeyHider(deps.apiKey);
  const isEnough = chunkSizes();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });

  /** Gives what may go on; null at the end. Throws where the answer breaks off or has to. */
  async function next(): Promise<Uint8Array | null> {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw new Error('the answer was cut');
      if (done) return null;
      if (!isEnough(value.length)) throw new Error('the answer comes in too many small chunks');
      try {
        deps.onChunk(value);
      } catch (fault) {
        deps.onFault(fault);
        throw fault;
      }
      const clean = hider.push(value);
      if (clean.length > 0) return clean;
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let chunk: Uint8Array | null;
        try {
          chunk = await next();
        } catch (error) {
          deps.onEnd(false);
          throw error;
        }
        if (chunk !== null) return controller.enqueue(chunk);
        const rest = hider.end();
        if (rest.length > 0) controller.enqueue(rest);
        signal.removeEventListener('abort', cancel);
        deps.onEnd(true);
        controller.close();
      },
      cancel() {
        deps.onEnd(false);
      },
    },
    // Nothing is read ahead: what waits here would come late, and its bytes are bounded where they arrive.
    { highWaterMark: 0 },
  );
}
