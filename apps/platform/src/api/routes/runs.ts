import { RUN_STATUSES } from '@tinyfat/database';
import * as v from 'valibot';
import { json, jsonOrEvents } from '../answer.ts';

import { agentName, named, ofId, page, paging, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';

export const run = named(
  'Run',
  v.strictObject({
    id: v.string(),
    agent: v.string(),
    mail: v.string(),
    subject: v.string(),
    sender: v.nullable(v.string()),
    kind: v.picklist(['turn', 'command']),
    command: v.nullable(v.string()),
    attempt: v.number(),
    status: v.picklist(RUN_STATUSES),
    session: v.nullable(v.string()),
    model: v.nullable(v.string()),
    input_tokens: v.number(),
    output_tokens: v.number(),
    cache_read_tokens: v.number(),
    cache_write_tokens: v.number(),
    cost_usd: v.number(),
    context_tokens: v.nullable(v.number()),
    context_window: v.nullable(v.number()),
    llm_requests: v.number(),
    started_at: time,
    finished_at: v.nullable(time),
    error_code: v.nullable(v.string()),
    error: v.nullable(v.string()),
  }),
);

export const listRuns = route('GET', '/runs', 'What the agents did', {
  scope: 'read',
  query: v.strictObject({
    ...paging,
    agent: v.optional(agentName),
    status: v.optional(v.picklist(RUN_STATUSES, RUN_STATUSES.join(', '))),
  }),
  answer: json(page(run)),
});

export const getRun = route('GET', '/runs/{id}', 'One run', {
  scope: 'read',
  params: ofId,
  answer: json(run),
});

const runEvent = named(
  'RunEvent',
  v.strictObject({
    /** Counts up within the run. */
    id: v.string(),
    event: v.record(v.string(), v.unknown()),
  }),
);

export const getRunEvents = route('GET', '/runs/{id}/events', 'What a run did, in order', {
  description:
    "With `Accept: text/event-stream`: what there is, then live until the run ends (`event: end`, its data is the run's status). `Last-Event-ID` goes on after that event. Events were written where the agent can write too: they are shown, never believed.",
  scope: 'read',
  params: ofId,
  query: v.strictObject({ cursor: paging.cursor, limit: wholeNumber(1, 1000, 1000) }),
  answer: jsonOrEvents(page(runEvent)),
});
