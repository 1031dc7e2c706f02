import { monthOf } from '@tinyfat/core';
import { namesOfAgents, usageBy } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { whole } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/budgets.ts';

const DAY_MS = 86_400_000;
const MAX_DAYS = 400;

export const usageEndpoints = [
  endpoint(routes.getUsage, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const now = deps.clock();
    const from = query.from === undefined ? monthOf(now).from : readMoment(query.from);
    const to = query.to === undefined ? Math.max(now, from ?? now) + 1 : readMoment(query.to);
    if (from === null || to === null) {
      return refuse('invalid_request', '"from" and "to" must be days or times in UTC, such as 2026-11-01.');
    }
    if (to < from || to - from > MAX_DAYS * DAY_MS) {
      return refuse('invalid_request', `"to" must come after "from", by at most ${MAX_DAYS} days.`);
    }
    const { by } = query;
    const owner = see.sight === 'all' ? null : see.sight.owner;
    const agentId = narrowed.row.agentId ?? null;
    const rows = await usageBy(deps.db, { owner, agentId, from, to, by });
    const ids = by === 'agent' ? rows.map(({ key }) => key) : [];
    const names = await namesOfAgents(deps.db, see.sight, ids);
    return {
      ok: true,
      body: {
        from: isoTime(from),
        to: isoTime(to),
        by,
        ...whole(
          rows.map((row) => ({
            key: by === 'agent' ? (names.get(row.key) ?? '') : row.key,
            agent_id: by === 'agent' ? row.key : null,
            turns: row.turns,
            input_tokens: row.input,
            output_tokens: row.output,
            cache_read_tokens: row.cacheRead,
            cache_write_tokens: row.cacheWrite,
            cost_usd: row.cost_usd,
          })),
        ),
      },
    };
  }),
];

/** Epoch ms; null for a text that is no day or time of ours. */
function readMoment(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
