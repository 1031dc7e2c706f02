import { isFileOfSession, parseSessionFileName, type SessionScope, sessionHashes } from '@tinyfat/core';
import {
  figuresOfSessions,
  hasRunningJob,
  replaceCurrentSession,
  scopesOfSessions,
  setCurrentSession,
} from '@tinyfat/database';
import { type Outcome, type Refusal, refuse } from '../answer.ts';
import { pageOf, readCursor, writeCursor } from '../cursor.ts';
import type { ApiDeps } from '../deps.ts';
import { agentEndpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/sessions.ts';
import {
  firstLineOf,
  type PlacedEntry,
  readTranscript,
  readTranscriptEnd,
} from '../transcript/read-transcript.ts';
import { readAgentConfig } from './agent-config.ts';
import { fileRefusal } from './read-file.ts';
import { scopeOfSession } from './session-scope.ts';

const MAX_FILES = 10_000;
const MAX_SESSION_BYTES = 25 * 1024 * 1024;
/** Of the sessions of one page together. */
const MAX_SCOPES = 100;
const PAGE_CHARACTERS = { cut: 24_000, whole: 400_000 };
const TEXT_CHARACTERS = { cut: 4_000, whole: 200_000 };

/** A file of `sessions/`; `at` is when it was written last, epoch ms. */
interface SessionFile {
  id: string;
  name: string;
  at: number;
  size: number;
}

export const sessionEndpoints = [
  agentEndpoint(routes.listSessions, async ({ agent, deps, query }) => {
    const cursor = readCursor(query.cursor);
    if (!cursor.ok) return cursor;
    const { after } = cursor;
    const files = await sessionFiles(deps, agent.id);
    const rest = files.filter(({ at, id }) => !after || at < after.at || (at === after.at && id < after.id));
    const { data, next_cursor } = pageOf(
      rest,
      query.limit,
      ({ at, id }) => ({ at, id }),
      (file) => file,
    );
    return { ok: true, body: { data: await shown(deps, agent.id, data, files), next_cursor } };
  }),

  agentEndpoint(routes.getSession, async ({ agent, deps, params }) => {
    const file = await sessionFile(deps, agent.id, params.id);
    if (!file.ok) return file;
    const content = await deps.folders.stream(agent.id, `sessions/${file.name}`, MAX_SESSION_BYTES);
    return content.ok ? { ok: true, body: { ...content, name: file.name } } : fileRefusal(content);
  }),

  agentEndpoint(routes.getSessionFacts, async ({ agent, deps, params }) => {
    const [wanted] = await sessionFiles(deps, agent.id, isFileOfSession(params.id));
    if (!wanted) return refuse('not_found');
    const [session] = await shown(deps, agent.id, [wanted], await sessionFiles(deps, agent.id));
    return session ? { ok: true, body: session } : refuse('not_found');
  }),

  agentEndpoint(routes.getTranscript, async ({ agent, deps, params, query }) => {
    const cursor = readCursor(query.cursor);
    if (!cursor.ok) return cursor;
    const file = await sessionFile(deps, agent.id, params.id);
    if (!file.ok) return file;
    const { at: offset, id: within } = cursor.after ?? { at: 0, id: '' };
    const amount = query.whole === 'true' ? 'whole' : 'cut';
    const bounds = {
      entries: query.limit,
      characters: PAGE_CHARACTERS[amount],
      textCharacters: TEXT_CHARACTERS[amount],
    };
    const of = { agentId: agent.id, path: `sessions/${file.name}` };
    const from = { offset: Math.max(0, offset), inLine: within === IN_LINE };
    const read =
      query.end === 'true'
        ? await readTranscriptEnd(deps.folders, { ...of, size: file.size }, bounds)
        : await readTranscript(deps.folders, { ...of, from }, bounds);
    if (!read.ok) return fileRefusal(read);
    return {
      ok: true,
      body: { data: read.entries.map(shownEntry), next_cursor: read.next && cursorOf(read.next) },
    };
  }),

  agentEndpoint(routes.makeSessionCurrent, async ({ agent, deps, params }) => {
    const file = await sessionFile(deps, agent.id, params.id);
    if (!file.ok) return file;
    const { config } = await readAgentConfig(deps, agent.id);
    const scope = await scopeOfSession(deps.db, agent.id, params.id, config.sessionScope);
    if (scope === null) {
      const unknown = refuse(
        'conflict',
        'It is not on record with whom it was, so nobody goes on in it from here.',
      );
      return { ...unknown, nextStep: 'Whoever it was with can write /resume and its hash in a mail.' };
    }
    const at = deps.clock();
    await setCurrentSession(deps.db, { agentId: agent.id, scope, sessionId: params.id, at });
    return await changed(deps, agent.id, [scope]);
  }),

  agentEndpoint(routes.clearSession, async ({ agent, deps, params }) => {
    const { id } = params;
    const scopes = (await scopesOfSessions(deps.db, agent.id, [id], MAX_SCOPES)).get(id);
    const next = { agentId: agent.id, from: id, to: deps.makeId(), at: deps.clock() };
    if (scopes !== undefined && (await replaceCurrentSession(deps.db, next)) > 0)
      return await changed(deps, agent.id, scopes);
    const file = await sessionFile(deps, agent.id, id);
    return file.ok
      ? refuse('conflict', 'No mail would go on in this session, so there is nothing to end.')
      : file;
  }),
];

async function changed(
  { db }: ApiDeps,
  agentId: string,
  scopes: string[],
): Promise<Outcome<{ scopes: string[]; turn_running: boolean }>> {
  return { ok: true, body: { scopes, turn_running: await hasRunningJob(db, agentId) } };
}

/** Newest use first; of more files those that began last. */
async function sessionFiles(
  { folders }: ApiDeps,
  agentId: string,
  only = (name: string) => parseSessionFileName(name) !== null,
): Promise<SessionFile[]> {
  const entries = await folders.list(agentId, 'sessions', MAX_FILES, { only, last: true });
  const files = entries.flatMap(({ kind, name, size, modifiedAt }): SessionFile[] => {
    const parsed = kind === 'file' ? parseSessionFileName(name) : null;
    return parsed ? [{ id: parsed.id, name, at: Math.max(modifiedAt, parsed.startedAt), size }] : [];
  });
  return files.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** Of `all` files, by which a hash is made, those that are on a page. */
async function shown(
  deps: ApiDeps,
  agentId: string,
  files: readonly SessionFile[],
  all: readonly SessionFile[],
) {
  const ids = files.map(({ id }) => id);
  const figures = await figuresOfSessions(deps.db, agentId, ids, routes.MOST_TURNS);
  const scopes = await scopesOfSessions(deps.db, agentId, ids, MAX_SCOPES);
  const { config } = await readAgentConfig(deps, agentId);
  const hashOf = sessionHashes(all.map(({ id }) => id));
  return await Promise.all(
    files.map(async ({ id, name, at, size }) => {
      const known = figures.get(id);
      const current_for = (scopes.get(id) ?? []).filter((scope) => isOfScope(scope, config.sessionScope));
      return {
        id,
        hash: hashOf(id),
        subject: known?.subject ?? '',
        first_line: known?.subject ? null : await firstLineOf(deps.folders, agentId, `sessions/${name}`),
        turns: known?.turns ?? 0,
        cost_usd: known?.costUsd ?? 0,
        more_turns: known?.more ?? false,
        last_used_at: isoTime(known?.lastUsedAt ?? at),
        bytes: size,
        current: current_for.length > 0,
        current_for,
      };
    }),
  );
}

/** Whether a key is one of the scope in force: those of another scope stay on record when it is changed. */
function isOfScope(key: string, scope: SessionScope): boolean {
  return scope === 'agent' ? key === 'agent' : key.startsWith(`${scope}:`);
}

/** The `id` of a cursor within a line. */
const IN_LINE = 'in-line';

function cursorOf({ offset, inLine }: PlacedEntry['place']): string {
  return writeCursor({ at: offset, id: inLine ? IN_LINE : '' });
}

function shownEntry({ place, ...entry }: PlacedEntry) {
  return { ...entry, cursor: cursorOf(place) };
}

async function sessionFile(
  deps: ApiDeps,
  agentId: string,
  id: string,
): Promise<{ ok: true; name: string; size: number } | Refusal> {
  const [file] = await sessionFiles(deps, agentId, isFileOfSession(id));
  return file ? { ok: true, name: file.name, size: file.size } : refuse('not_found');
}
