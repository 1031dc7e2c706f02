/** `tinyfat runs [NAME]` and `tinyfat run show ID`. */
import { agentById, deliveriesOfMail, listRuns, mailById, type Run, runById } from '@tinyfat/database';
import { type Command, printable, printRows, readWords, time, UsageError } from './command.ts';
import { namedAgent, withData } from './open.ts';
import { runEvents } from './run-events.ts';

/** Lists runs, newest first. */
export const runsCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    limit: { type: 'string', default: '50' },
  });
  return await withData(config, async (data) => {
    const [name] = positionals;
    const agent = name === undefined ? null : await namedAgent(data, name);
    if (name !== undefined && !agent) return 1;
    const rows = (await listRuns(data.db, agent?.id ?? null, Number(values.limit) || 50)).map((run) => ({
      id: run.id,
      started: time(run.started_at),
      kind: run.command === null ? run.kind : `/${run.command}`,
      status: run.status,
      attempt: run.attempt,
      model: run.model,
      tokens: run.input_tokens + run.output_tokens + run.cache_read_tokens + run.cache_write_tokens,
      cost_usd: Number(run.cost_usd.toFixed(6)),
      milliseconds: run.finished_at === null ? null : run.finished_at - run.started_at,
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
  return await withData(config, async (data) => {
    const run = await runById(data.db, id);
    if (!run) {
      console.error(`tinyfat: there is no run ${id}; tinyfat runs lists them.`);
      return 1;
    }
    const mail = await mailById(data.db, run.mail_id);
    const agent = await agentById(data.db, run.agent_id);
    const events = await runEvents(data.folders, run.agent_id, run.id);
    const deliveries = (await deliveriesOfMail(data.db, run.mail_id)).map((delivery) => ({
      id: delivery.id,
      kind: delivery.kind,
      to: delivery.recipients,
      subject: delivery.subject,
      state: delivery.state,
      file: delivery.source_file,
      reason: delivery.reason,
    }));
    if (values.json) {
      console.log(JSON.stringify({ run, mail, deliveries, events }, null, 2));
      return 0;
    }
    console.log(
      `run        ${run.id}\nagent      ${agent?.name}\nmail       ${printable(mail?.subject ?? '')} from ${mail?.sender}`,
    );
    console.log(
      `status     ${run.status}${run.error ? `: ${printable(run.error)}` : ''} (attempt ${run.attempt})`,
    );
    console.log(
      `model      ${run.model ?? '-'}\ntokens     ${tokenLine(run)}\ncost       $${run.cost_usd.toFixed(4)}`,
    );
    console.log(`started    ${time(run.started_at)}\nfinished   ${time(run.finished_at)}\n`);
    for (const event of events) console.log(printable(JSON.stringify(event)).slice(0, 300));
    console.log('');
    printRows(deliveries, false, 'No mail went out.');
    return 0;
  });
};

function tokenLine(run: Run): string {
  return `${run.input_tokens} in, ${run.output_tokens} out, ${run.cache_read_tokens} cache read, ${run.cache_write_tokens} cache write`;
}
