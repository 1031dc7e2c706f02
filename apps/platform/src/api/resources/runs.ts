import { type RunOfMail, visibleRuns } from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { pageFrom, pageOf, readCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { eventStream, followRun } from '../events/follow-run.ts';
import { isoTime, isoTimeOrNull } from '../fields.ts';
import * as routes from '../routes/runs.ts';

export const runEndpoints = [
  endpoint(routes.listRuns, async ({ deps, see, query }) => {
    const narrowed = await see.agentFilter(query.agent);
    if (!narrowed.ok) return narrowed;
    const filter = { ...narrowed.row, status: query.status };
    return await pageFrom(
      query,
      (page) => visibleRuns(deps.db, see.sight, filter, page),
      ({ started_at, id }) => ({ at: started_at, id }),
      shown,
    );
  }),

  endpoint(routes.getRun, async ({ see, params }) => {
    const found = await see.run(params.id);
    return found.ok ? { ok: true, body: shown(found.row) } : found;
  }),

  endpoint(routes.getRunEvents, async ({ deps, see, principal, params, query, request, streams }) => {
    const found = await see.run(params.id);
    if (!found.ok) return found;
    const run = found.row;
    const isStream = (request.headers.get('accept') ?? '').includes('text/event-stream');
    if (isStream && request.method === 'GET') {
      const release = streams.acquire(principal.owner ?? '');
      if (!release)
        return refuse('too_many_requests', 'Too many streams of yours are open; close one first.');
      const left = new AbortController();
      const signal = AbortSignal.any([left.signal, request.signal, deps.stopping]);
      const after = Number(/^\d{1,9}$/.exec(request.headers.get('last-event-id') ?? '')?.[0] ?? 0);
      const stream = eventStream(followRun(deps, see, run, after, signal), () => {
        left.abort();
        release();
      });
      return { ok: true, body: { stream } };
    }
    const cursor = readCursor(query.cursor);
    if (!cursor.ok) return cursor;
    const after = cursor.after?.at ?? 0;
    const all = await deps.events.read(run).more(run.status !== 'running');
    return {
      ok: true,
      body: {
        list: pageOf(
          all.filter(({ seq }) => seq > after),
          query.limit,
          ({ seq }) => ({ at: seq, id: '' }),
          ({ seq, event }) => ({ id: String(seq), event }),
        ),
      },
    };
  }),
];

function shown(run: RunOfMail) {
  return {
    id: run.id,
    agent: run.agent,
    mail: run.mail_id,
    subject: run.subject,
    sender: run.sender,
    kind: run.kind,
    command: run.command,
    attempt: run.attempt,
    status: run.status,
    session: run.session_id,
    model: run.model,
    input_tokens: run.input_tokens,
    output_tokens: run.output_tokens,
    cache_read_tokens: run.cache_read_tokens,
    cache_write_tokens: run.cache_write_tokens,
    cost_usd: run.cost_usd,
    context_tokens: run.context_tokens,
    context_window: run.context_window,
    llm_requests: run.llm_requests,
    started_at: isoTime(run.started_at),
    finished_at: isoTimeOrNull(run.finished_at),
    error_code: run.error_code,
    error: run.error,
  };
}
