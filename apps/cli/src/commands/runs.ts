/** `tinyfat runs [NAME]` and `tinyfat run show ID`. */
import { mailRoutes, outboxRoutes, runRoutes } from '@tinyfat/platform';
import type { InferOutput } from 'valibot';
import type { ApiClient } from '../client/api-client.ts';
import { listAll } from '../client/list-all.ts';
import { notFound, refused, withApi } from '../client/open-api.ts';
import {
  type Command,
  printable,
  printJson,
  printRows,
  readLimit,
  readWords,
  time,
  UsageError,
} from './command.ts';
import { unknownAgent } from './named-agent.ts';
import { runEvents } from './run-events.ts';

type Run = InferOutput<typeof runRoutes.run>;

/** Lists runs, newest first. */
export const runsCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    limit: { type: 'string', default: '50' },
  });
  const [agent] = positionals;
  const limit = readLimit(values.limit);
  return await withApi(config, async (api) => {
    const runs = await listAll((page) => api.call(runRoutes.listRuns, { query: { ...page, agent } }), limit);
    if (!runs.ok) return agent === undefined ? refused(runs) : unknownAgent(runs, agent);
    const rows = runs.body.map((run) => ({
      id: run.id,
      started: time(run.started_at),
      kind: run.command === null ? run.kind : `/${run.command}`,
      status: run.status,
      attempt: run.attempt,
      model: run.model,
      tokens: run.input_tokens + run.output_tokens + run.cache_read_tokens + run.cache_write_tokens,
      cost_usd: Number(run.cost_usd.toFixed(6)),
      milliseconds:
        run.finished_at === null ? null : Date.parse(run.finished_at) - Date.parse(run.started_at),
      error: run.error_code,
    }));
    printRows(rows, values.json === true, 'Nothing ran yet.');
    return 0;
  });
};

/** Shows one run whole: its mail, its events, its deliveries. */
export const runCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, { json: { type: 'boolean' } });
  const [action, id] = positionals;
  if (action !== 'show' || id === undefined) throw new UsageError('write: run show ID');
  return await withApi(config, (api) => show(api, id, values.json === true));
};

async function show(api: ApiClient, id: string, json: boolean): Promise<number> {
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
    const { kind, recipients, subject, state, file, reason } = delivery.body;
    deliveries.push({ id, kind, to: JSON.stringify(recipients), subject, state, file, reason });
  }
  if (json) {
    const { mail: mail_id, session: session_id, ...facts } = run;
    printJson({ run: { ...facts, mail_id, session_id }, mail: mail.body, deliveries, events: events.body });
    return 0;
  }
  for (const line of storyOf(run)) console.log(printable(line));
  console.log('');
  for (const event of events.body) console.log(printable(JSON.stringify(event)).slice(0, 300));
  console.log('');
  printRows(deliveries, false, 'No mail went out.');
  return 0;
}

function storyOf(run: Run): string[] {
  return [
    `run        ${run.id}`,
    `agent      ${run.agent}`,
    `mail       ${run.subject} from ${run.sender}`,
    `status     ${run.status}${run.error ? `: ${run.error}` : ''} (attempt ${run.attempt})`,
    `model      ${run.model ?? '-'}`,
    `tokens     ${run.input_tokens} in, ${run.output_tokens} out, ${run.cache_read_tokens} cache read, ${run.cache_write_tokens} cache write`,
    `cost       $${run.cost_usd.toFixed(4)}`,
    `started    ${time(run.started_at)}`,
    `finished   ${time(run.finished_at)}`,
  ];
}
