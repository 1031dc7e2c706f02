/**
 * Counters and gauges in the text format of Prometheus. Labels are words of ours and names of models and providers:
 * never an address, an agent or a subject, which would tell who writes and grow without end.
 */
import type { Recorder } from '@tinyfat/core';
import type { Backlog } from '@tinyfat/database';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  recorder: Recorder;
  /** All metrics as text, gauges as of now. */
  render(): Promise<string>;
  contentType: string;
}

const TURN_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];

/** Makes a registry. `readBacklog` and `mailOutFails` are called for each rendering. */
export function createMetrics(
  readBacklog: () => Promise<Backlog>,
  mailOutFails: () => boolean = () => false,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const mails = new Counter({
    name: 'tinyfat_mails_total',
    help: 'Mails that got a verdict, one for each agent addressed.',
    labelNames: ['via', 'verdict'],
    registers,
  });
  const runs = new Counter({
    name: 'tinyfat_runs_total',
    help: 'Turns and commands that came to their end.',
    labelNames: ['kind', 'status', 'code'],
    registers,
  });
  const runSeconds = new Histogram({
    name: 'tinyfat_run_duration_seconds',
    help: 'From the start of a run to its end, all attempts and the waits between them included.',
    labelNames: ['kind'],
    buckets: TURN_SECONDS,
    registers,
  });
  const waitSeconds = new Histogram({
    name: 'tinyfat_run_wait_seconds',
    help: 'From the arrival of a mail to the start of its run.',
    buckets: TURN_SECONDS,
    registers,
  });
  const tokens = new Counter({
    name: 'tinyfat_llm_tokens_total',
    help: 'Tokens as the gateway counted them.',
    labelNames: ['model', 'kind'],
    registers,
  });
  const cost = new Counter({
    name: 'tinyfat_llm_cost_usd_total',
    help: 'Cost of the tokens in US dollars.',
    labelNames: ['model'],
    registers,
  });
  const deliveries = new Counter({
    name: 'tinyfat_delivery_attempts_total',
    help: 'Tries to hand a mail to the provider, by the state that they led to.',
    labelNames: ['provider', 'state'],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const waiting = {
    jobsReady: gauge('tinyfat_jobs_ready', 'Jobs that wait for their turn.'),
    jobsPaused: gauge('tinyfat_jobs_paused', 'Jobs that wait because their agent is paused.'),
    jobsRunning: gauge('tinyfat_jobs_running', 'Jobs that are worked on.'),
    deliveriesPending: gauge('tinyfat_deliveries_pending', 'Mails that wait to be sent.'),
    mailsWaiting: gauge('tinyfat_mails_waiting', 'Mails that wait in quarantine for their owner.'),
    deliveriesAwaitingApproval: gauge(
      'tinyfat_deliveries_awaiting_approval',
      'Outgoing mails that wait for their owner.',
    ),
  };
  const queueAge = gauge(
    'tinyfat_queue_age_seconds',
    'How long the oldest job has been due that nothing but free workers keeps waiting.',
  );
  const failing = gauge('tinyfat_mail_out_failing', '1 while no mail goes out, whichever it is; else 0.');

  return {
    contentType: registry.contentType,
    recorder: {
      mail: ({ via, verdict }) => mails.inc({ via, verdict }),
      run(record) {
        const { kind, status, model, usage } = record;
        runs.inc({ kind, status, code: record.code ?? 'none' });
        runSeconds.observe({ kind }, record.durationMs / 1000);
        waitSeconds.observe(record.waitedMs / 1000);
        if (model === null) return;
        tokens.inc({ model, kind: 'input' }, usage.input);
        tokens.inc({ model, kind: 'output' }, usage.output);
        tokens.inc({ model, kind: 'cache_read' }, usage.cacheRead);
        tokens.inc({ model, kind: 'cache_write' }, usage.cacheWrite);
        cost.inc({ model }, record.costUsd);
      },
      delivery: ({ provider, state }) => deliveries.inc({ provider, state }),
    },
    async render() {
      const backlog = await readBacklog();
      waiting.jobsReady.set(backlog.jobsReady);
      waiting.jobsPaused.set(backlog.jobsPaused);
      waiting.jobsRunning.set(backlog.jobsRunning);
      waiting.deliveriesPending.set(backlog.deliveriesPending);
      waiting.mailsWaiting.set(backlog.mailsWaiting);
      waiting.deliveriesAwaitingApproval.set(backlog.deliveriesAwaitingApproval);
      queueAge.set(backlog.oldestDueMs / 1000);
      failing.set(mailOutFails() ? 1 : 0);
      return await registry.metrics();
    },
  };
}
