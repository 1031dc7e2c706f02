/** Gauges as Prometheus reads them. */
import { expect, it } from 'vitest';
import { metricsText } from './metrics-text.ts';

const BACKLOG = {
  jobsReady: 3,
  jobsPaused: 2,
  jobsRunning: 1,
  oldestDueMs: 1500,
  deliveriesPending: 2,
  mailsWaiting: 0,
  deliveriesAwaitingApproval: 0,
};

it('says what waits, and what the last hour was', () => {
  const text = metricsText(BACKLOG, {
    mails: [{ via: 'email-routing', verdict: 'accepted', count: 4 }],
    runs: [{ kind: 'turn', status: 'done', code: null, count: 4, seconds: 12.5 }],
    usage: [{ key: 'claude', turns: 4, input: 10, output: 20, cacheRead: 30, cacheWrite: 40, cost_usd: 0.5 }],
  });
  for (const line of [
    'tinyfat_jobs_ready 3',
    'tinyfat_queue_age_seconds 1.5',
    'tinyfat_mails_last_hour{via="email-routing",verdict="accepted"} 4',
    'tinyfat_run_seconds_last_hour{kind="turn",status="done",code="none"} 12.5',
    'tinyfat_llm_tokens_last_hour{model="claude",kind="cache_read"} 30',
    'tinyfat_llm_cost_usd_last_hour{model="claude"} 0.5',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

it('lets no name of a model make a line or a label of its own', () => {
  const usage = { turns: 1, input: 1, output: 1, cacheRead: 1, cacheWrite: 1, cost_usd: 1 };
  const key = 'x"} 1\ntinyfat_jobs_ready 9\\';
  const text = metricsText(BACKLOG, {
    mails: [],
    runs: [],
    usage: [
      { key, ...usage },
      { key: '', ...usage },
    ],
  });
  expect(text).toContain('{model="x\\"} 1\\ntinyfat_jobs_ready 9\\\\"} 1\n');
  expect(text.match(/^tinyfat_jobs_ready /gm)).toHaveLength(1);
  expect(text.match(/^tinyfat_llm_cost_usd_last_hour/gm)).toHaveLength(1);
});
