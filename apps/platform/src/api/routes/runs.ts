import { RUN_STATUSES } from '@tinyfat/database';
import * as v from 'valibot';
import { json, jsonOrEvents } from '../answer.ts';
import { jsonBody } from '../body.ts';

import { agentName, id, named, ofId, page, paging, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';

const facts = {
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
  /** When its end was asked for, and by whom: an address, or `operator`. Such a run ends as failed, `run_stopped`. */
  stop_asked_at: v.nullable(time),
  stop_asked_by: v.nullable(v.string()),
  /** The run that this one does again. */
  again_of: v.nullable(v.string()),
  /** Another text stood in the place of the sender's. */
  edited: v.boolean(),
};

export const run = named('Run', v.strictObject(facts));

export const runDetail = named(
  'RunDetail',
  v.strictObject({
    ...facts,
    /** What stood in the place of the sender's text; null where nothing did. */
    edited_text: v.nullable(v.string()),
    /** The newest run that does this one again. */
    again: v.nullable(v.string()),
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
  answer: json(runDetail),
});

export const stopRun = route('POST', '/runs/{id}/stop', 'End a run now', {
  description:
    'Its sandbox is killed, wherever it runs; it ends as failed with `run_stopped`, is not tried again, and the sender gets a mail that says so. Nothing that the agent wrote in it is sent. Asking twice changes nothing; `conflict` where the run has ended. The answer may come before the end: `GET /runs/{id}` shows it.',
  scope: 'write',
  params: ofId,
  answer: json(run, 202),
  errors: ['conflict'],
});

/** Longest text that takes the place of the sender's, characters. */
const MOST_EDITED = 100_000;

export const runAgain = route('POST', '/runs/{id}/again', 'Do a run once more', {
  description:
    "A new run of the same mail, which names the old one in `again_of`. `text` stands in the place of what the sender newly wrote, as the owner's; attachments and what is quoted stay. The answer goes to whom that of the old run went. `conflict` while a run of the mail goes on or its answer has not left, and where the stored mail was removed.",
  scope: 'write',
  params: ofId,
  body: jsonBody(
    v.strictObject({
      text: v.optional(
        v.pipe(
          v.string('a text'),
          v.regex(/\S/, 'a text that is not empty'),
          v.maxLength(MOST_EDITED, `at most ${MOST_EDITED} characters`),
        ),
      ),
    }),
  ),
  answer: json(run, 201),
  errors: ['conflict'],
});

const eventNumber = v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'the id of an event'), v.transform(Number));

const runEvent = named(
  'RunEvent',
  v.strictObject({
    /** Counts up within the run. */
    id: v.string(),
    /** Of which attempt at the run it is. */
    attempt: v.number(),
    event: v.record(v.string(), v.unknown()),
  }),
);

export const getRunEvents = route('GET', '/runs/{id}/events', 'What a run did, in order', {
  description:
    "With `Accept: text/event-stream`: what there is, then live until the run ends (`event: end`, its data is the run's status). `event: run` has the run as listings show it, at the beginning and when it has changed; `event: alive` comes where nothing else does for a while. `Last-Event-ID`, or `after` where a stream is opened anew, goes on after that event. Events were written where the agent can write too: they are shown, never believed.",
  scope: 'read',
  params: ofId,
  query: v.strictObject({
    cursor: paging.cursor,
    limit: wholeNumber(1, 1000, 1000),
    after: wholeNumber(0, 999_999_999, 0),
    /** `true`: the last events, as many as `limit` says, rather than the first. */
    tail: v.optional(v.picklist(['true'], 'true')),
  }),
  answer: jsonOrEvents(page(runEvent)),
});

export const getRunEvent = route('GET', '/runs/{id}/events/{event}', 'One event of a run', {
  description: 'As the list has it: the text of an event is cut where it is written.',
  scope: 'read',
  params: v.strictObject({ id, event: eventNumber }),
  answer: json(runEvent),
});

export const getToolOutput = route('GET', '/runs/{id}/events/{event}/output', 'What a tool gave, whole', {
  description:
    'At most 48 KiB of it from the byte `offset` on. `event` is a `tool_call` or its `tool_result`, whose text is cut where it is written: the rest is in the session, and is read from there. `conflict` where the session is not there any more, or has nothing of the call. The agent can write its sessions, so what is shown is never believed.',
  scope: 'read',
  params: v.strictObject({ id, event: eventNumber }),
  query: v.strictObject({ offset: wholeNumber(0, 999_999_999, 0) }),
  answer: json(
    v.strictObject({
      tool: v.nullable(v.string()),
      failed: v.boolean(),
      /** Bytes of the whole output. */
      bytes: v.number(),
      text: v.string(),
      offset: v.number(),
      /** Where the next piece begins; null at the end. */
      next_offset: v.nullable(v.number()),
    }),
  ),
  errors: ['conflict'],
});
