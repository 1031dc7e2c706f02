/** What the page of the first run shows: from no agent to the first answered mail, as the API gives it to the viewer. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { type agent, getAgent, listAgents } from '../../api/routes/agents.ts';
import {
  type firstMail,
  type firstRun,
  getFirstMail,
  getFirstRun,
  getSentText,
} from '../../api/routes/first-run.ts';

export type FirstMail = v.InferOutput<typeof firstMail>;

export interface Start {
  ok: true;
  begin: v.InferOutput<typeof firstRun>;
  /** Null where the viewer has none yet. */
  agent: v.InferOutput<typeof agent> | null;
  first: FirstMail | null;
  /** The answer as it lies in the mailbox of this machine; null where it does not, or not yet. */
  text: { file: string; subject: string; text: string } | null;
}

/** Reads it for the agent of this name; for null, for the viewer's newest. */
export async function readStart(ask: Ask, viewer: string, name: string | null): Promise<Start | Refusal> {
  const begin = await ask(getFirstRun);
  if (!begin.ok) return begin;
  const chosen = name ?? (await newestAgent(ask, viewer));
  if (chosen === null) return { ok: true, begin: begin.body, agent: null, first: null, text: null };
  const params = { agent: chosen };
  const agent = await ask(getAgent, { params });
  if (!agent.ok) return agent;
  const asked = await ask(getFirstMail, { params });
  const first = asked.ok && 'list' in asked.body ? asked.body.list : null;
  const text = begin.body.local_mail ? await sentText(ask, first) : null;
  return { ok: true, begin: begin.body, agent: agent.body, first, text };
}

async function newestAgent(ask: Ask, owner: string): Promise<string | null> {
  const own = await ask(listAgents, { query: { owner, limit: '1' } });
  return own.ok ? (own.body.data[0]?.name ?? null) : null;
}

async function sentText(ask: Ask, first: FirstMail | null): Promise<Start['text']> {
  const answer = first?.answer;
  if (answer?.state !== 'sent') return null;
  const sent = await ask(getSentText, { params: { id: answer.id } });
  return sent.ok ? sent.body : null;
}
