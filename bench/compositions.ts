/** One mail's way through an installation on Workers, against the same on one machine, in one run. */
import { startPostgresOfRun } from '@tinyfat/testing/postgres/global-setup';
import { setup as buildWorkers } from '../e2e/support/cloudflare/build-workers.ts';
import { onWorkers } from '../e2e/support/cloudflare/installation.ts';
import type { Composition, CompositionOptions } from '../e2e/support/installation.ts';
import { embedded } from '../e2e/support/installation-embedded.ts';
import { arrive, RECORDS } from '../e2e/support/senders.ts';
import { OWNER } from '../e2e/support/webhooks.ts';
import { median, NO_LIMITS, rounded } from './measure.ts';

/** From the answer to the webhook, ms; medians. */
interface Way {
  toFirstRequest: number;
  toReply: number;
}

const AGENTS = 4;

/** Medians of `runs` mails each, and how many times longer they take on Workers. */
export async function measureCompositions(runs: number, say: (text: string) => void): Promise<object> {
  say('one machine');
  const machine = await measure(embedded, runs);
  say('Workers');
  const stopPostgres = await startPostgresOfRun({ fsync: true });
  const removeBuilt = await buildWorkers();
  const workers = await measure(onWorkers, runs).finally(async () => {
    await removeBuilt();
    await stopPostgres();
  });
  const pair = (name: keyof Way) => ({
    machineMs: rounded(machine[name]),
    workersMs: rounded(workers[name]),
    ratio: rounded(workers[name] / machine[name], 2),
  });
  return { toFirstRequest: pair('toFirstRequest'), toReply: pair('toReply') };
}

async function measure(
  start: (options: CompositionOptions) => Promise<Composition>,
  runs: number,
): Promise<Way> {
  const environment = { LOG_LEVEL: 'error', ...NO_LIMITS };
  const composition = await start({ environment, records: RECORDS });
  try {
    for (let index = 0; index < AGENTS; index++) await makeAgent(composition, index);
    const ways: Way[] = [];
    for (let run = 0; run <= runs; run++) {
      const way = await oneMail(composition, run);
      // The first mails warm what is loaded once.
      if (run > 0) ways.push(way);
    }
    return {
      toFirstRequest: median(ways.map((way) => way.toFirstRequest)),
      toReply: median(ways.map((way) => way.toReply)),
    };
  } finally {
    await composition.dispose();
  }
}

async function makeAgent({ api }: Composition, index: number): Promise<void> {
  const made = await api.call('POST', '/agents', { name: `agent-${index}`, owner: OWNER });
  if (made.status !== 201) throw new Error(made.text);
}

async function oneMail(composition: Composition, run: number): Promise<Way> {
  const { model, resend } = composition;
  const seen = model.requests.length;
  const answered = resend.sent.length + 1;
  await arrive(composition, { to: `agent-${run % AGENTS}`, text: `Mail ${run}. [[reply: Done.]]` });
  const taken = performance.now();
  await resend.received(answered);
  const replied = performance.now();
  const first = model.requests[seen];
  if (first === undefined) throw new Error('a turn made no request');
  return { toFirstRequest: first.atMonotonic - taken, toReply: replied - taken };
}
