import { parseSessionFileName, sessionHash } from '@tinyfat/core';
import { currentSessions, sessionsOfAgent } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { pageOf, readCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import type { ApiPorts } from '../ports.ts';
import * as routes from '../routes/runs.ts';
import { fileRefusal } from './read-file.ts';

const MAX_FILES = 10_000;
const MAX_SESSION_BYTES = 25 * 1024 * 1024;

export const sessionEndpoints = [
  endpoint(routes.listSessions, async ({ ports, see, params, query }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const cursor = readCursor(query.cursor);
    if (!cursor.ok) return cursor;
    const { after } = cursor;
    const { newest, hashOf } = await sessions(ports, found.row.id);
    const rows = newest.filter(({ at, id }) => !after || at < after.at || (at === after.at && id < after.id));
    return {
      ok: true,
      body: pageOf(
        rows,
        query.limit,
        ({ at, id }) => ({ at, id }),
        ({ at, ...row }) => ({ ...row, hash: hashOf(row.id), last_used_at: isoTime(at) }),
      ),
    };
  }),

  endpoint(routes.getSession, async ({ ports, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const file = await sessionFile(ports, found.row.id, params.id);
    if (!file.ok) return file;
    const content = await ports.folders.stream(found.row.id, `sessions/${file.name}`, MAX_SESSION_BYTES);
    return content.ok ? { ok: true, body: { ...content, name: file.name } } : fileRefusal(content);
  }),
];

/** Newest use first; `at` is what they are sorted by, epoch ms. A hash is made only of those that are shown. */
async function sessions(ports: ApiPorts, agentId: string) {
  const files = (await ports.folders.list(agentId, 'sessions', MAX_FILES)).flatMap(({ kind, name, size }) => {
    const parsed = kind === 'file' ? parseSessionFileName(name) : null;
    return parsed ? [{ ...parsed, size }] : [];
  });
  const ids = files.map(({ id }) => id);
  const current = await currentSessions(ports.db, agentId);
  const recorded = new Map(
    (await sessionsOfAgent(ports.db, agentId, null)).map((session) => [session.sessionId, session]),
  );
  const newest = files
    .map(({ id, startedAt, size }) => {
      const known = recorded.get(id);
      return {
        at: known?.lastUsedAt ?? startedAt,
        id,
        subject: known?.subject ?? '',
        turns: known?.turns ?? 0,
        bytes: size,
        current: current.has(id),
      };
    })
    .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return { newest, hashOf: hashes(ids) };
}

/**
 * The hash of one session among many. Sorted by the part that hashes are made of, what begins like one stands beside it,
 * so that its two neighbours say as much as all the others.
 */
function hashes(ids: readonly string[]): (id: string) => string {
  const sorted = [...new Set(ids)]
    .map((id) => ({ id, group: id.slice(id.lastIndexOf('-') + 1) }))
    .sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0));
  const places = new Map(sorted.map(({ id }, place) => [id, place]));
  return (id) => {
    const place = places.get(id) ?? 0;
    return sessionHash(
      id,
      sorted.slice(Math.max(0, place - 1), place + 2).map((one) => one.id),
    );
  };
}

async function sessionFile(
  ports: ApiPorts,
  agentId: string,
  id: string,
): Promise<{ ok: true; name: string } | Refusal> {
  const entries = await ports.folders.list(agentId, 'sessions', MAX_FILES);
  const entry = entries.find(({ name }) => parseSessionFileName(name)?.id === id);
  return entry ? { ok: true, name: entry.name } : refuse('not_found');
}
