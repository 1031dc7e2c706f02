import { parseSessionFileName, sessionHashes } from '@tinyfat/core';
import { currentSessions, sessionsOfAgent } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { pageOf, readCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/runs.ts';
import { fileRefusal } from './read-file.ts';

const MAX_FILES = 10_000;
const MAX_SESSION_BYTES = 25 * 1024 * 1024;

export const sessionEndpoints = [
  endpoint(routes.listSessions, async ({ deps, see, params, query }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const cursor = readCursor(query.cursor);
    if (!cursor.ok) return cursor;
    const { after } = cursor;
    const { newest, nameOf } = await sessions(deps, found.row.id);
    const rows = newest.filter(({ at, id }) => !after || at < after.at || (at === after.at && id < after.id));
    return {
      ok: true,
      body: pageOf(
        rows,
        query.limit,
        ({ at, id }) => ({ at, id }),
        ({ at, ...row }) => ({ ...row, hash: nameOf(row.id), last_used_at: isoTime(at) }),
      ),
    };
  }),

  endpoint(routes.getSession, async ({ deps, see, params }) => {
    const found = await see.agent(params.agent);
    if (!found.ok) return found;
    const file = await sessionFile(deps, found.row.id, params.id);
    if (!file.ok) return file;
    const content = await deps.folders.stream(found.row.id, `sessions/${file.name}`, MAX_SESSION_BYTES);
    return content.ok ? { ok: true, body: { ...content, name: file.name } } : fileRefusal(content);
  }),
];

/** Newest use first; `at` is what they are sorted by, epoch ms. A hash is made only of those that are shown. */
async function sessions(deps: ApiDeps, agentId: string) {
  const files = (await deps.folders.list(agentId, 'sessions', MAX_FILES)).flatMap(({ kind, name, size }) => {
    const parsed = kind === 'file' ? parseSessionFileName(name) : null;
    return parsed ? [{ ...parsed, size }] : [];
  });
  const current = await currentSessions(deps.db, agentId);
  const recorded = new Map(
    (await sessionsOfAgent(deps.db, agentId, null)).map((session) => [session.sessionId, session]),
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
  return { newest, nameOf: sessionHashes(files.map(({ id }) => id)) };
}

async function sessionFile(
  deps: ApiDeps,
  agentId: string,
  id: string,
): Promise<{ ok: true; name: string } | Refusal> {
  const entries = await deps.folders.list(agentId, 'sessions', MAX_FILES);
  const entry = entries.find(({ name }) => parseSessionFileName(name)?.id === id);
  return entry ? { ok: true, name: entry.name } : refuse('not_found');
}
