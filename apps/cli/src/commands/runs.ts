/** `tinyfat runs [NAME]` and `tinyfat run show ID`: what agents did. */
import { mailRoutes, outboxRoutes, runRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import { type Answered, type ApiClient, failed } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { notFound, overApi, refused, withApi } from '../client/open-api.ts';
import type { Run as Command } from '../command.ts';
import { printFacts } from '../output/facts.ts';
import { shortIds } from '../output/short-id.ts';
import { agentColumn, printTable } from '../output/table.ts';
import { cutTo, printable, printJson, terminalColumns, time } from '../output/text.ts';
import { unknownAgent } from './named-agent.ts';
import { readLimit } from './read-limit.ts';

type Run = InferOutput<typeof runRoutes.run>;

/** A run has some hundreds of events; an agent can write more. */
const MAX_EVENTS = 20_000;
const EVENTS_AT_ONCE = 1000;
/** Of an event, where the output is no terminal. */
const EVENT_COLUMNS = 300;

/** Lists runs, newest first. */
export const listRuns: Command<[string | undefined], { json: boolean; limit: string }> = async (
  { words: [agent], options },
  config,
) => {
  const limit = readLimit(options.limit);
  return await withApi(config, async (api) => {
    const runs = await listAll((page) => api.call(runRoutes.listRuns, { query: { ...page, agent } }), limit);
    if (!runs.ok) return agent === undefined ? refused(runs) : unknownAgent(runs, agent);
    const short = shortIds(runs.body.map(({ id }) => id));
    printTable(
      runs.body,
      {
        columns: [
          { head: 'id', cell: ({ id }) => short(id) },
          { head: 'started', cell: ({ started_at: at }) => time(at) },
          ...(agent === undefined ? [agentColumn] : []),
          { head: 'kind', cell: kindOf },
          { head: 'status', cell: ({ status }) => status },
          { head: 'cost', cell: ({ cost_usd: cost }) => `$${cost.toFixed(4)}` },
          { head: 'took', cell: (run) => tookText(millisecondsOf(run)) },
          { head: 'model', cell: ({ model }) => model, least: 6 },
        ],
        note: ({ error_code: code }) => code,
        json: (run) => ({
          id: run.id,
          started: run.started_at,
          agent: run.agent,
          kind: kindOf(run),
          status: run.status,
          attempt: run.attempt,
          model: run.model,
          tokens: run.input_tokens + run.output_tokens + run.cache_read_tokens + run.cache_write_tokens,
          cost_usd: Number(run.cost_usd.toFixed(6)),
          milliseconds: millisecondsOf(run),
          error: run.error_code,
        }),
        empty: 'Nothing ran yet.',
      },
      options.json,
    );
    return 0;
  });
};

function kindOf({ command, kind }: Pick<Run, 'command' | 'kind'>): string {
  return command === null ? kind : `/${command}`;
}

function millisecondsOf({
  started_at: start,
  finished_at: end,
}: Pick<Run, 'started_at' | 'finished_at'>): number | null {
  return end === null ? null : Date.parse(end) - Date.parse(start);
}

function tookText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Shows one run whole: its mail, its events, its deliveries. */
export const showRun = overApi<[string], { json: boolean }>(async (api, { words: [id], options }) => {
  const found = await api.call(runRoutes.getRun, { params: { id } });
  if (!found.ok) return notFound(found, `there is no run ${id}; tinyfat runs lists them.`);
  const run = found.body;
  const mail = await api.call(mailRoutes.getMail, { params: { id: run.mail } });
  if (!mail.ok) return refused(mail);
  const events = await runEvents(api, run.id);
  if (!events.ok) return refused(events);
  const deliveries = [];
  for (const { id } of mail.body.deliveries) {
    const delivery = await api.call(outboxRoutes.getDelivery, { params: { id } });
    if (!delivery.ok) return refused(delivery);
    const { kind, recipients: to, subject, state, file, reason } = delivery.body;
    deliveries.push({ id, kind, to, subject, state, file, reason });
  }
  if (options.json) {
    const { mail: mail_id, session: session_id, ...facts } = run;
    printJson({ run: { ...facts, mail_id, session_id }, mail: mail.body, deliveries, events: events.body });
    return 0;
  }
  printFacts(factsOf(run));
  console.log('');
  const columns = terminalColumns() ?? EVENT_COLUMNS;
  for (const event of events.body) console.log(cutTo(printable(JSON.stringify(event)), columns));
  console.log('');
  const short = shortIds(deliveries.map(({ id }) => id));
  printTable(
    deliveries,
    {
      columns: [
        { head: 'delivery', cell: ({ id }) => short(id) },
        { head: 'kind', cell: ({ kind }) => kind },
        { head: 'state', cell: ({ state }) => state },
        { head: 'to', cell: ({ to }) => to.join(', '), least: 12 },
        { head: 'subject', cell: ({ subject }) => subject, least: 10 },
        { head: 'file', cell: ({ file }) => file, least: 5 },
      ],
      note: ({ reason }) => reason,
      empty: 'No mail went out.',
    },
    false,
  );
  return 0;
});

/** The events of all attempts, in order. The agent could have written them: they are shown, never trusted. */
export async function runEvents(api: ApiClient, id: string): Promise<Answered<Record<string, unknown>[]>> {
  const listed = await listAll(
    async (query) => {
      const answer = await api.call(runRoutes.getRunEvents, { params: { id }, query });
      if (!answer.ok) return answer;
      return 'list' in answer.body
        ? { ok: true, body: answer.body.list }
        : failed('server_not_understood', null);
    },
    MAX_EVENTS,
    EVENTS_AT_ONCE,
  );
  if (!listed.ok) return listed;
  // The whole text stands there, too.
  const events = listed.body.map(({ event }) => event).filter(({ type }) => type !== 'text_part');
  return { ok: true, body: events };
}

function factsOf(run: Run): [string, string][] {
  return [
    ['run', run.id],
    ['agent', run.agent],
    ['mail', `${run.subject} from ${run.sender}`],
    ['status', `${run.status}${run.error ? `: ${run.error}` : ''} (attempt ${run.attempt})`],
    ['model', run.model ?? '-'],
    [
      'tokens',
      `${run.input_tokens} in, ${run.output_tokens} out, ${run.cache_read_tokens} cache read, ${run.cache_write_tokens} cache write`,
    ],
    ['cost', `$${run.cost_usd.toFixed(4)}`],
    ['started', time(run.started_at)],
    ['finished', time(run.finished_at)],
  ];
}
