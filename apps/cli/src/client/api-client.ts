/**
 * A client of the JSON API: calls declared routes and checks the answers. A `Send` carries a request to the API in this
 * process, or to a server.
 */
import { parseJson, renderError } from '@tinyfat/core';
import { type Fields, fieldTexts, type Route } from '@tinyfat/platform';
import * as v from 'valibot';

export interface ApiRequest {
  method: string;
  /** Below `/api/v1`, with its query. */
  path: string;
  /** JSON; null for none. */
  body: string | null;
}

/** Why a request failed: the API refused it, or no API answered. */
export interface Failed {
  ok: false;
  /** Of HTTP; null where no API answered. */
  status: number | null;
  /** A code of core's list; of a newer server perhaps another. */
  code: string;
  /** What is wrong; `nextStep` says what to do. The server wrote both: print them through `printable`. */
  detail: string;
  nextStep: string;
}

/** Sends a request to an API; gives the answer of any status. */
export type Send = (
  request: ApiRequest,
) => Promise<{ ok: true; status: number; headers: Headers; bytes: Uint8Array } | Failed>;

/** The body that a route declares, or why there is none. */
export type Answered<A> = { ok: true; body: A } | Failed;

/** Calls a route; an undefined parameter is not sent. */
export type Call = <P extends Fields, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  given?: { params?: v.InferInput<P>; query?: v.InferInput<Q>; body?: B },
) => Promise<Answered<A>>;

export interface ApiClient {
  call: Call;
  /** The path of an agent's folder; null where it is on another machine. */
  agentFolder(id: string): string | null;
}

const MAX_PROBLEM_LENGTH = 2000;
const problem = v.object({ status: v.number(), code: v.string(), detail: v.string(), next_step: v.string() });

/** Makes the function that calls routes through `send`. */
export function callThrough(send: Send): Call {
  return async (route, { params = {}, query = {}, body } = {}) => {
    const path = pathOf(route.path, params);
    // A part that is empty, `.` or `..` would make another path; nothing is called so.
    if (path === null) return failed('not_found', 404);
    const search = new URLSearchParams(fieldTexts(query)).toString();
    const sent = await send({
      method: route.method,
      path: search === '' ? path : `${path}?${search}`,
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!sent.ok) return sent;
    if (sent.status >= 400) return readProblem(sent.status, sent.bytes);
    if (sent.status !== route.answer.status) return notUnderstood(`It answered with HTTP ${sent.status}.`);
    const read = route.answer.read(sent.bytes, sent.headers);
    return read.ok ? read : notUnderstood(`The answer to ${route.method} ${route.path}: ${read.detail}`);
  };
}

/** A failure with the sentence of its code. */
export function failed(code: string, status: number | null, detail: string | null = null): Failed {
  return { ok: false, status, code, detail: renderError(code, detail), nextStep: '' };
}

function notUnderstood(detail: string): Failed {
  return failed('server_not_understood', null, detail);
}

function pathOf(pattern: string, params: object): string | null {
  const values = new Map(fieldTexts(params));
  let isPlain = true;
  const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name) ?? '';
    if (/^\.{0,2}$/.test(value)) isPlain = false;
    return encodeURIComponent(value.toWellFormed());
  });
  return isPlain ? path : null;
}

function readProblem(status: number, bytes: Uint8Array): Failed {
  const parsed = v.safeParse(problem, parseJson(new TextDecoder().decode(bytes)));
  if (!parsed.success || parsed.output.status !== status) {
    return notUnderstood(`It answered with HTTP ${status}.`);
  }
  const { code, detail, next_step } = parsed.output;
  const cut = (text: string) => text.slice(0, MAX_PROBLEM_LENGTH);
  return { ok: false, status, code: cut(code), detail: cut(detail), nextStep: cut(next_step) };
}
