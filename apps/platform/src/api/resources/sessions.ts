import { parseSessionFileName, sessionHashes } from '@tinyfat/core';
import { currentSessions, sessionsOfAgent } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { pageFrom } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/runs.ts';
import { fileRefusal } from './read-file.ts';

const MAX_FILES = 10_000;
const MAX_SESSION_BYTES = 25 * 1024 * 1024;

export const sessionEndpoints = [
  agentEndpoint(routes.listSessions, async ({ agent, deps, query }) => {
    const { newest, nameOf } = await sessions(deps, agent.id);
    return await pageFrom(
      query,
      async ({ after }) =>
        newest.filter(({ at, id }) => !after || at < after.at || (at === after.at && id < after.id)),
      ({ at, id }) => ({ at, id }),
      ({ at, ...row }) => ({ ...row, hash: nameOf(row.id), last_used_at: isoTime(at) }),
    );
  }),

  agentEndpoint(routes.getSession, async ({ agent, deps, params }) => {
    const file = await sessionFile(deps, agent.id, params.id);
    if (!file.ok) return file;
    const content = await deps.folders.stream(agent.id, `sessions/${file.name}`, MAX_SESSION_BYTES);
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
