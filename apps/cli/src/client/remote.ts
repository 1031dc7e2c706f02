/**
 * The API of a server over HTTP.
 *
 * Invariants. The token goes to the named server and nowhere else: redirects are not followed. It is in no message.
 * Answers are bounded in bytes and in time.
 */
import { readBody } from '@tinyfat/core';
import { API_PREFIX } from '@tinyfat/platform';
import { type ApiClient, callThrough, type Failed, failed, type Send } from './api-client.ts';

/** Bounds of an answer: ms until it begins, ms from there to its end, and bytes. */
export interface Bounds {
  beginMs: number;
  wholeMs: number;
  maxBytes: number;
}

/** The largest mail has 36 MiB. */
const BOUNDS: Bounds = { beginMs: 30_000, wholeMs: 300_000, maxBytes: 40 * 1024 * 1024 };

/** A client that sees what the token does. `url` has no slash at its end. */
export function remoteApi(server: { url: string; token: string }, bounds = BOUNDS): ApiClient {
  return { call: callThrough(sendTo(server, bounds)), agentFolder: () => null };
}

function sendTo({ url, token }: { url: string; token: string }, bounds: Bounds): Send {
  return async ({ method, path, body }) => {
    const stop = new AbortController();
    let timer = setTimeout(() => stop.abort(), bounds.beginMs);
    try {
      const answer = await fetch(`${url}${API_PREFIX}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        body,
        redirect: 'manual',
        signal: stop.signal,
      });
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), bounds.wholeMs);
      const { status, headers } = answer;
      if (status >= 300 && status < 400) return redirected(status, headers);
      const read = await readBody(answer.body, { maxBytes: bounds.maxBytes });
      if (read.ok) return { ok: true, status, headers, bytes: read.bytes };
      if (read.why === 'broken') throw read.error;
      return failed('server_not_understood', null, 'It answers without an end.');
    } catch (error) {
      const why = stop.signal.aborted ? 'It took too long.' : reasonOf(error);
      return failed('server_unreachable', null, `${url}: ${why}`);
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  };
}

function redirected(status: number, headers: Headers): Failed {
  const to = (headers.get('location') ?? '').slice(0, 300);
  return failed('server_redirects', null, `HTTP ${status}${to === '' ? '.' : ` to ${to}`}`);
}

/** The error of the network, which `fetch` wraps as a cause. Its message has no headers in it. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return 'There is no telling why.';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return `${[code, cause.message].filter((part) => part !== '').join(': ')}.`;
}
