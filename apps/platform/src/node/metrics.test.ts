import type { RunRecord } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const backlog = {
  jobsReady: 3,
  jobsPaused: 2,
  jobsRunning: 2,
  oldestDueMs: 1500,
  deliveriesPending: 4,
  mailsWaiting: 5,
  deliveriesAwaitingApproval: 6,
};
const run: RunRecord = {
  trace: 'mail-1',
  run: 'run-1',
  agent: 'scout',
  kind: 'turn',
  status: 'done',
  code: null,
  attempt: 1,
  model: 'claude-haiku-4-5',
  usage: { input: 10, output: 20, cacheRead: 30, cacheWrite: 40 },
  costUsd: 0.25,
  waitedMs: 200,
  durationMs: 3000,
};

/** Value of a line of the text by its name and labels. */
async function value(metrics: ReturnType<typeof createMetrics>, line: string): Promise<number | undefined> {
  const text = await metrics.render();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

describe('metrics', () => {
  it('count mails by the way in and verdict, and tries of deliveries by provider and state', async () => {
    const metrics = createMetrics(async () => backlog);
    const mail = { trace: 'm', agent: 'scout', via: 'smtp', code: 'accepted' };
    metrics.recorder.mail({ ...mail, verdict: 'accepted' });
    metrics.recorder.mail({ ...mail, verdict: 'accepted' });
    metrics.recorder.mail({ ...mail, verdict: 'refused' });
    metrics.recorder.delivery({
      ...{
        trace: 'm',
        run: 'r',
        delivery: 'd',
        kind: 'reply',
        attempt: 1,
        agent: 'scout',
        code: null,
        reason: null,
        nextAttemptAt: null,
        durationMs: 1,
      },
      ...{ provider: 'resend', state: 'sent' },
    });
    expect(await value(metrics, 'tinyfat_mails_total{via="smtp",verdict="accepted"}')).toBe(2);
    expect(await value(metrics, 'tinyfat_mails_total{via="smtp",verdict="refused"}')).toBe(1);
    expect(await value(metrics, 'tinyfat_delivery_attempts_total{provider="resend",state="sent"}')).toBe(1);
  });

  it('add up tokens and cost by model, and how long runs took and waited', async () => {
    const metrics = createMetrics(async () => backlog);
    metrics.recorder.run(run);
    metrics.recorder.run(run);
    metrics.recorder.run({ ...run, kind: 'command', model: null, durationMs: 1 });
    const model = 'model="claude-haiku-4-5"';
    expect(await value(metrics, `tinyfat_llm_tokens_total{${model},kind="cache_write"}`)).toBe(80);
    expect(await value(metrics, `tinyfat_llm_cost_usd_total{${model}}`)).toBe(0.5);
    expect(await value(metrics, 'tinyfat_run_duration_seconds_sum{kind="turn"}')).toBe(6);
    expect(await value(metrics, 'tinyfat_run_wait_seconds_count')).toBe(3);
    expect(await value(metrics, 'tinyfat_runs_total{kind="turn",status="done",code="none"}')).toBe(2);
  });

  it('show what waits at the moment of the question', async () => {
    const now = { ...backlog };
    const metrics = createMetrics(async () => now);
    expect(await value(metrics, 'tinyfat_queue_age_seconds')).toBe(1.5);
    expect(await value(metrics, 'tinyfat_mails_waiting')).toBe(5);
    now.jobsReady = 0;
    expect(await value(metrics, 'tinyfat_jobs_ready')).toBe(0);
  });

  it('name no agent, mail or run', async () => {
    const metrics = createMetrics(async () => backlog);
    metrics.recorder.run(run);
    metrics.recorder.mail({ trace: 'mail-1', agent: 'scout', via: 'smtp', verdict: 'accepted', code: 'x' });
    expect(await metrics.render()).not.toMatch(/scout|mail-1|run-1/);
  });
});
