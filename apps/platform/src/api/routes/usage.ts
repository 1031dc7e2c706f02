import { USAGE_KEYS } from '@tinyfat/database';
import * as v from 'valibot';
import { json, jsonOrCsv } from '../answer.ts';
import { address, agentName, line, named, time } from '../fields.ts';
import { route } from '../route.ts';

const usageRow = named(
  'UsageRow',
  v.strictObject({
    /**
     * A day (`2026-11-27`) or an hour (`2026-11-27T14:00`) of the zone, a model (empty where none was reached), the name of
     * an agent, or the address of a sender (empty where a mail had none).
     */
    key: v.string(),
    /** Id of the agent, for `by=agent`: names are given anew once an agent is deleted. */
    agent_id: v.nullable(v.string()),
    turns: v.number(),
    input_tokens: v.number(),
    output_tokens: v.number(),
    cache_read_tokens: v.number(),
    cache_write_tokens: v.number(),
    cost_usd: v.number(),
  }),
);

const moment = line(40, 'a day or a time in UTC such as 2026-11-01 or 2026-11-01T00:00:00Z');
const by = v.picklist(USAGE_KEYS, 'day, hour, model, agent or sender');
const ofWhom = {
  agent: v.optional(agentName),
  owner: v.optional(address),
};

export const getUsage = route('GET', '/usage', 'What turns used, added up', {
  description:
    'From `from` up to, but without, `to`; by default the calendar month (UTC) so far. At most 400 days, and 14 by hour. Days and hours come in their order, the rest with what cost most first, 1,000 rows at most. `zone` is whose days and hours are meant: a name of the IANA database or an offset such as `+05:30`. With `Accept: text/csv` the same as CSV, where a text that a spreadsheet would take for a formula begins with an apostrophe. Only admins may name another owner; without one they see everybody’s.',
  scope: 'read',
  query: v.strictObject({
    from: v.optional(moment),
    to: v.optional(moment),
    by: v.optional(by, 'day'),
    zone: v.optional(line(64, 'a time zone such as Europe/Berlin or +05:30'), 'UTC'),
    ...ofWhom,
  }),
  answer: jsonOrCsv(
    v.strictObject({ from: time, to: time, by, data: v.array(usageRow), next_cursor: v.null() }),
  ),
  errors: ['not_permitted'],
});

export const usageMonth = named(
  'UsageMonth',
  v.strictObject({
    /** Calendar month in UTC, as budgets count it. */
    month: v.string(),
    from: time,
    to: time,
    spent_usd: v.number(),
    /** Set aside for turns that run now. */
    reserved_usd: v.number(),
    /** The cap of the agent that is asked for, or of the owner; null where nothing caps that. */
    monthly_usd: v.nullable(v.number()),
    /** `default`: OWNER_BUDGET_USD of the server. */
    cap_from: v.nullable(v.picklist(['set', 'default'])),
    state: v.nullable(v.picklist(['ok', 'low', 'exhausted'])),
    /** What will be spent at its end at the pace so far; null where there is too little to go by. */
    projected_usd: v.nullable(v.number()),
  }),
);

export const getUsageMonth = route('GET', '/usage/month', 'What this month has cost, and may cost', {
  description:
    'Of one agent, or of all agents of the owner; an admin who names neither gets the sum of all owners, which nothing caps.',
  scope: 'read',
  query: v.strictObject(ofWhom),
  answer: json(usageMonth),
  errors: ['not_permitted'],
});
