/** The list of runs, narrowed by what stands in the address of the page. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { listAgents } from '../../api/routes/agents.ts';
import { listRuns, type run } from '../../api/routes/runs.ts';
import { durationText } from '../../view/time.ts';

export type RunRow = v.InferOutput<typeof run>;

/** What may be chosen, as it stands in the address. */
export const STATUSES = [
  { value: '', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'failed', label: 'Failed' },
  { value: 'done', label: 'Done' },
] as const;

export interface RunsPage {
  runs: RunRow[];
  next: string | null;
  filters: { agent: string; status: string };
  /** Names of agents to choose from: of many only the newest. */
  agents: string[];
}

const RUNS = '40';
const AGENTS = '100';

/** Reads it. A status that there is not is passed over, an agent that is not seen is a refusal. */
export async function readRuns(
  ask: Ask,
  search: URLSearchParams,
): Promise<{ ok: true; page: RunsPage } | Refusal> {
  const agent = (search.get('agent') ?? '').trim();
  const status = STATUSES.find(({ value }) => value === search.get('status'))?.value ?? '';
  const [runs, agents] = await Promise.all([
    ask(listRuns, {
      query: {
        limit: RUNS,
        cursor: search.get('cursor') ?? undefined,
        agent: agent === '' ? undefined : agent,
        status: status === '' ? undefined : status,
      },
    }),
    ask(listAgents, { query: { limit: AGENTS } }),
  ]);
  if (!runs.ok) return runs;
  const names = agents.ok ? agents.body.data.map(({ name }) => name).sort() : [];
  return {
    ok: true,
    page: {
      runs: runs.body.data,
      next: runs.body.next_cursor,
      filters: { agent, status },
      agents: agent === '' || names.includes(agent) ? names : [agent, ...names],
    },
  };
}

/** How long a run took, or has taken by `now` (epoch ms); empty for one that has not begun. */
export function runTook({ status, started_at, finished_at }: RunRow, now: number): string {
  if (status === 'waiting') return '';
  return durationText(
    Math.max(0, (finished_at === null ? now : Date.parse(finished_at)) - Date.parse(started_at)),
  );
}
