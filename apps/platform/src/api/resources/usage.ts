import { capState, monthOf, projectedSpending, usdOf } from '@tinyfat/core';
import { namesOfAgents, type UsageKey, type UsageOf, usageBy, usageOfMonth } from '@tinyfat/database';
import { type Refusal, refuse } from '../answer.ts';
import { whole } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import { listedOwner } from '../owner.ts';
import type { Principal } from '../principal.ts';
import * as routes from '../routes/usage.ts';
import { usageCsv } from '../usage-csv.ts';
import type { Visible } from '../visible.ts';
import { zoneOffsets } from '../zone-offsets.ts';
import { capInForce } from './budgets.ts';

const DAY_MS = 86_400_000;
/** So many rows at most: all days or hours of the longest time have room. */
const MOST_ROWS = 1000;
const MOST_DAYS = { day: 400, hour: 14, model: 400, agent: 400, sender: 400 } as const satisfies Record<
  UsageKey,
  number
>;

export const usageEndpoints = [
  endpoint(routes.getUsage, async ({ deps, see, principal, query, request }) => {
    const of = await ofWhom(see, principal, query);
    if (!of.ok) return of;
    const now = deps.clock();
    const from = query.from === undefined ? monthOf(now).from : readMoment(query.from);
    const to = query.to === undefined ? Math.max(now, from ?? now) + 1 : readMoment(query.to);
    if (from === null || to === null) {
      return refuse('invalid_request', '"from" and "to" must be days or times in UTC, such as 2026-11-01.');
    }
    const { by } = query;
    if (to < from || to - from > MOST_DAYS[by] * DAY_MS) {
      return refuse('invalid_request', `"to" must come after "from", by at most ${MOST_DAYS[by]} days.`);
    }
    const offsets = zoneOffsets(query.zone, from, to);
    if (offsets === null) {
      return refuse('invalid_request', '"zone" must be a time zone such as Europe/Berlin or +05:30.');
    }
    // No turn has begun later than now: up to the end of a day sums are read, where up to this moment every run would be.
    const until = to > now ? Math.ceil(to / DAY_MS) * DAY_MS : to;
    const found = await usageBy(deps.db, { ...of.row, from, to: until, by, offsets, limit: MOST_ROWS });
    const ids = by === 'agent' ? found.map(({ key }) => key) : [];
    const names = await namesOfAgents(deps.db, see.sight, ids);
    const rows = found.map((row) => ({
      ...row,
      key: by === 'agent' ? (names.get(row.key) ?? '') : row.key,
      agentId: by === 'agent' ? row.key : null,
    }));
    if ((request.headers.get('accept') ?? '').includes('text/csv')) {
      const firstDay = isoTime(from + (offsets[0]?.ms ?? 0)).slice(0, 10);
      const name = `usage-by-${by}-${firstDay}.csv`;
      return { ok: true, body: { csv: { name, text: usageCsv(by, rows) } } };
    }
    const data = rows.map((row) => ({
      key: row.key,
      agent_id: row.agentId,
      turns: row.turns,
      input_tokens: row.input,
      output_tokens: row.output,
      cache_read_tokens: row.cacheRead,
      cache_write_tokens: row.cacheWrite,
      cost_usd: row.cost_usd,
    }));
    return { ok: true, body: { list: { from: isoTime(from), to: isoTime(to), by, ...whole(data) } } };
  }),

  endpoint(routes.getUsageMonth, async ({ deps, see, principal, query }) => {
    const of = await ofWhom(see, principal, query);
    if (!of.ok) return of;
    const { owner, agentId } = of.row;
    const now = deps.clock();
    const month = monthOf(now);
    const { spent, reserved, since } = await usageOfMonth(deps.db, of.row, month);
    const subject =
      agentId !== null
        ? ({ scope: 'agent', id: agentId } as const)
        : owner !== null
          ? ({ scope: 'owner', id: owner } as const)
          : null;
    const cap = subject && (await capInForce(deps.db, deps.ownerBudgetMicroUsd, subject));
    const monthly = cap?.monthly ?? null;
    const projected = projectedSpending({ month, now, since: since ?? now, spent });
    return {
      ok: true,
      body: {
        month: isoTime(now).slice(0, 7),
        from: isoTime(month.from),
        to: isoTime(month.until),
        spent_usd: usdOf(spent),
        reserved_usd: usdOf(reserved),
        monthly_usd: monthly === null ? null : usdOf(monthly),
        cap_from: cap?.from ?? null,
        state: monthly === null ? null : capState({ monthly, spent }),
        projected_usd: projected === null ? null : usdOf(Math.round(projected)),
      },
    };
  }),
];

/** Whose turns are asked for, within what the principal may see. */
async function ofWhom(
  see: Visible,
  principal: Principal,
  query: { agent?: string | undefined; owner?: string | undefined },
): Promise<{ ok: true; row: UsageOf } | Refusal> {
  const listed = listedOwner(principal, query.owner);
  if (!listed.ok) return listed;
  const narrowed = await see.agentFilter(query.agent);
  if (!narrowed.ok) return narrowed;
  return { ok: true, row: { owner: listed.owner, agentId: narrowed.row.agentId ?? null } };
}

/** Epoch ms; null for a text that is no day or time of ours. */
function readMoment(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
