/** The page with all agents that somebody may see. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import { getMe } from '../../api/routes/me.ts';

type Rows = Extract<Awaited<ReturnType<typeof listed>>, { ok: true }>['body'];

/** What the page shows. */
export interface AgentsPage {
  ok: true;
  rows: Rows['data'];
  next: string | null;
  mayCreate: boolean;
  /** Admins see the agents of everybody, unless one owner is chosen. */
  withOwner: boolean;
  owner: string | null;
}

const PAGE = 50;

/** Asks for one page of the list; `owner` narrows it, which only admins may. */
export async function agentsPage(
  ask: Ask,
  { cursor, owner }: { cursor: string | null; owner: string | null },
): Promise<AgentsPage | Refusal> {
  const me = await ask(getMe);
  if (!me.ok) return me;
  const list = await listed(ask, { cursor, owner });
  if (!list.ok) return list;
  return {
    ok: true,
    rows: list.body.data,
    next: list.body.next_cursor,
    mayCreate: me.body.may_create_agents,
    withOwner: me.body.is_admin && owner === null,
    owner,
  };
}

function listed(ask: Ask, { cursor, owner }: { cursor: string | null; owner: string | null }) {
  const query: v.InferInput<typeof agents.listAgents.query> = {
    limit: String(PAGE),
    cursor: cursor ?? undefined,
    owner: owner ?? undefined,
  };
  return ask(agents.listAgents, { query });
}
