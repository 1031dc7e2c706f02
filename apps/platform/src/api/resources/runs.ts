import { askToStop, isRunOver, newestAgain, type RunOfMail, visibleRuns } from '@tinyfat/database';
import type { Again } from '@tinyfat/intake';
import { type Outcome, type Refusal, refuse } from '../answer.ts';
import { pageFrom, pageOf, readCursor } from '../cursor.ts';
import { type Call, endpoint } from '../endpoint.ts';
import { eventStream, followRun } from '../events/follow-run.ts';
import { shownRun } from '../events/shown-run.ts';
import * as routes from '../routes/runs.ts';
import { rawRemoved } from './raw-removed.ts';

export const runEndpoints = [
  endpoint(routes.listRuns, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const filter = { ...narrowed.row, status: query.status };
    return await pageFrom(
      query,
      (page) => visibleRuns(deps.db, see.sight, filter, page),
      ({ started_at, id }) => ({ at: started_at, id }),
      shownRun,
    );
  }),

  endpoint(routes.getRun, async ({ deps, see, params }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const { edited_text } = found.row;
    const again = (await newestAgain(deps.db, found.row.id)) ?? null;
    return { ok: true, body: { ...shownRun(found.row), edited_text, again } };
  }),

  endpoint(routes.stopRun, async ({ deps, see, principal, params }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const asked = { at: deps.clock(), by: principal.owner ?? 'operator' };
    if (!(await askToStop(deps.db, found.row.job_id, asked))) {
      const now = await see.run(found.row.id);
      return now.ok ? hasEnded(now.row) : now;
    }
    deps.wakeUp.wake('jobs');
    return shown(await see.run(found.row.id));
  }),

  endpoint(routes.runAgain, async ({ deps, see, params, body }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const again = await deps.mails.runAgain({ runId: found.row.id, text: body.text ?? null });
    if (!again.ok) return notAgain(again);
    deps.wakeUp.wake('jobs');
    return shown(await see.run(again.runId));
  }),

  endpoint(routes.getRunEvents, async (call) => {
    const found = await call.see.run(call.params.id);
    if (!found.ok) return found;
    const { request } = call;
    const isStream = (request.headers.get('accept') ?? '').includes('text/event-stream');
    return isStream && request.method === 'GET' ? streamOf(call, found.row) : await listOf(call, found.row);
  }),

  endpoint(routes.getRunEvent, async ({ deps, see, params }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const all = await deps.events.read(found.row).more(isRunOver(found.row));
    const one = all.find(({ seq }) => seq === params.event);
    return one === undefined ? refuse('not_found') : { ok: true, body: shownEvent(one) };
  }),
];

type OfRun = Pick<
  Call<
    unknown,
    { cursor?: string | undefined; limit: number; after: number; tail?: 'true' | undefined },
    unknown
  >,
  'deps' | 'see' | 'principal' | 'query' | 'request' | 'streams'
>;

function streamOf({ deps, see, principal, query, request, streams }: OfRun, run: RunOfMail) {
  const release = streams.acquire(principal.owner ?? '');
  if (!release) return refuse('too_many_requests', 'Too many streams of yours are open; close one first.');
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, request.signal, deps.stopping]);
  const last = Number(/^\d{1,9}$/.exec(request.headers.get('last-event-id') ?? '')?.[0] ?? 0);
  const after = Math.max(last, query.after);
  const stream = eventStream(followRun(deps, see, run, after, signal), () => {
    left.abort();
    release();
  });
  return { ok: true as const, body: { stream } };
}

async function listOf({ deps, query }: OfRun, run: RunOfMail) {
  const cursor = readCursor(query.cursor);
  if (!cursor.ok) return cursor;
  const after = Math.max(cursor.after?.at ?? 0, query.after);
  const all = await deps.events.read(run).more(isRunOver(run));
  const found = all.filter(({ seq }) => seq > after);
  const list = pageOf(
    query.tail === undefined ? found : found.slice(-query.limit),
    query.limit,
    ({ seq }) => ({ at: seq, id: '' }),
    shownEvent,
  );
  return { ok: true as const, body: { list } };
}

function shownEvent({
  seq,
  attempt,
  event,
}: {
  seq: number;
  attempt: number;
  event: Record<string, unknown>;
}) {
  return { id: String(seq), attempt, event };
}

function shown(found: { ok: true; row: RunOfMail } | Refusal): Outcome<ReturnType<typeof shownRun>> {
  return found.ok ? { ok: true, body: shownRun(found.row) } : found;
}

function hasEnded({ status, error_code }: RunOfMail): Refusal {
  const end =
    error_code === 'run_stopped'
      ? 'It was stopped'
      : status === 'done'
        ? 'It has come to its end'
        : 'It has failed';
  return {
    ...refuse('conflict', `${end} already, so there is nothing to stop.`),
    nextStep: 'It can be run again.',
  };
}

function notAgain(again: Exclude<Again, { ok: true }>): Refusal {
  switch (again.why) {
    case 'unknown':
      return refuse('not_found');
    case 'agent_deleted':
      return refuse('conflict', 'The agent was deleted.');
    case 'raw_removed':
      return rawRemoved(again.at);
    case 'not_over':
      return {
        ...refuse('conflict', 'A run of this mail waits or goes on.'),
        nextStep: 'Wait for its end, or stop it.',
      };
    case 'answer_under_way':
      return {
        ...refuse('conflict', 'An answer to this mail is being sent, or awaits approval.'),
        nextStep: 'Wait until it has left, or decide about it in the outbox.',
      };
  }
}
