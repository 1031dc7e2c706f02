/** What programs that watch a server are answered: by its pages, or by a process that has no others. */
import { sha256HexOfText } from '@tinyfat/core';
import type { Backend, RequestOrigin } from '../contract.ts';
import { problem } from '../http/problem.ts';
import { readiness } from './readiness.ts';

/** What a process says of itself. */
export type Operations = Pick<Backend, 'checks' | 'warnings' | 'metrics' | 'metricsToken'>;

/** `GET /health/live`: the process answers. */
export function liveAnswer(): Response {
  return Response.json({ status: 'ok' });
}

/**
 * `GET /health/ready`: 200 when the process can take and do work, else 503 with what is wrong, by name. What is only a
 * warning changes nothing of that: a server whose relay is down still takes mail, and sends the answers later.
 */
export async function readyAnswer(operations: Operations): Promise<Response> {
  const { ready, ...found } = await readiness(operations);
  return Response.json({ status: ready ? 'ok' : 'not ready', ...found }, { status: ready ? 200 : 503 });
}

/** `GET /metrics` for Prometheus: for programs on this machine that come without a proxy, and those with the token. */
export async function metricsAnswer(
  { metrics, metricsToken }: Operations,
  { local }: RequestOrigin,
  headers: Headers,
): Promise<Response> {
  if (!local && !(await hasToken(headers, metricsToken))) return problem('not_found');
  return new Response(await metrics.render(), { headers: { 'content-type': metrics.contentType } });
}

/** Compared by their hashes, so that the time tells nothing of the token. */
async function hasToken(headers: Headers, token: string | null): Promise<boolean> {
  const [, shown] = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  if (token === null || shown === undefined) return false;
  return (await sha256HexOfText(shown)) === (await sha256HexOfText(token));
}
