/** The sessions of an agent: what their list says, and what its buttons do. */
import { byteSize } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { type agent as agentSchema, getAgent } from '../../api/routes/agents.ts';
import {
  clearSession,
  getSessionFacts,
  listSessions,
  MOST_TURNS,
  makeSessionCurrent,
  type session as sessionSchema,
} from '../../api/routes/sessions.ts';
import { counted, moneyText } from '../../view/numbers.ts';

type Session = v.InferOutput<typeof sessionSchema>;
type Agent = v.InferOutput<typeof agentSchema>;

const PAGE = '25';

/** One session as it is shown. */
export interface SessionRow {
  id: string;
  hash: string;
  /** Subject or first line of its first mail. */
  title: string;
  /** Turns, cost and size, for one line. */
  facts: string[];
  lastUsedAt: string;
  current: boolean;
  /** Who goes on in it, such as `current for ann@example.com`; null: nobody. */
  currentFor: string | null;
}

/** What was done, by the word in the URL of the page after it. */
export const DONE: Readonly<Record<string, string>> = {
  current: 'The next mail goes on in this session.',
  'current-running':
    'The next mail goes on in this session. A turn is running; it goes on in the session that it began with.',
  clear: 'The next mail begins a new session. The one before stays in the list.',
  'clear-running':
    'The next mail begins a new session. A turn is running; it goes on in the session that it began with.',
};

/** One page of the list. */
export async function readSessions(
  ask: Ask,
  name: string,
  cursor: string | undefined,
): Promise<
  | {
      ok: true;
      agent: Agent;
      rows: SessionRow[];
      next: string | null;
      /** The next mail of anybody begins a new session. */
      beginsAnew: boolean;
    }
  | Refusal
> {
  const params = { agent: name };
  const [agent, list] = await Promise.all([
    ask(getAgent, { params }),
    ask(listSessions, { params, query: { limit: PAGE, cursor } }),
  ]);
  if (!agent.ok) return agent;
  if (!list.ok) return list;
  const rows = list.body.data.map(sessionRow);
  const next = list.body.next_cursor;
  const isWhole = cursor === undefined && next === null;
  const beginsAnew = agent.body.session_scope === 'agent' && isWhole && !rows.some(({ current }) => current);
  return { ok: true, agent: agent.body, rows, next, beginsAnew };
}

/** One session with its agent. */
export async function readSession(
  ask: Ask,
  name: string,
  id: string,
): Promise<{ ok: true; agent: Agent; session: SessionRow } | Refusal> {
  const [agent, session] = await Promise.all([
    ask(getAgent, { params: { agent: name } }),
    ask(getSessionFacts, { params: { agent: name, id } }),
  ]);
  if (!agent.ok) return agent;
  if (!session.ok) return session;
  return { ok: true, agent: agent.body, session: sessionRow(session.body) };
}

/** Does what a form asks for, to the session that it names in `id`; `done` is the word for the next page. */
export async function changeSession(
  ask: Ask,
  agent: string,
  fields: URLSearchParams,
): Promise<{ ok: true; done: string } | Refusal> {
  const does = fields.get('does') ?? '';
  const given = { params: { agent, id: fields.get('id') ?? '' } };
  const actions = new Map<string, () => Promise<Outcome<{ turn_running: boolean }>>>([
    ['current', () => ask(makeSessionCurrent, given)],
    ['clear', () => ask(clearSession, given)],
  ]);
  const changed = await actions.get(does)?.();
  if (changed === undefined)
    return refuse('invalid_request', 'The form names nothing that can be done here.');
  if (!changed.ok) return changed;
  return { ok: true, done: changed.body.turn_running ? `${does}-running` : does };
}

/** A session in words. */
export function sessionRow(session: Session): SessionRow {
  const { more_turns, turns, cost_usd } = session;
  const facts =
    turns === 0
      ? ['no finished turn']
      : [
          counted(turns, 'turn', more_turns ? MOST_TURNS : undefined),
          more_turns ? `more than ${moneyText(cost_usd)}` : moneyText(cost_usd),
        ];
  return {
    id: session.id,
    hash: session.hash,
    title: session.subject || session.first_line || 'No mail in it yet',
    facts: [...facts, byteSize(session.bytes)],
    lastUsedAt: session.last_used_at,
    current: session.current,
    currentFor: scopesText(session.current_for),
  };
}

function scopesText(scopes: readonly string[]): string | null {
  const [first] = scopes;
  if (first === undefined) return null;
  if (scopes.length > 1) return `current for ${scopes.length}`;
  if (first.startsWith('sender:')) return `current for ${first.slice('sender:'.length)}`;
  return first.startsWith('thread:') ? 'current for its thread' : 'current';
}
