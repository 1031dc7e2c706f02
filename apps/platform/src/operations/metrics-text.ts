/**
 * Gauges in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats), read from the database
 * alone: for a runtime where no process lives long enough to count. Labels are as in `node/metrics.ts`: words of ours and
 * names of models.
 */
import type { Backlog, RecentTotals } from '@tinyfat/database';

export const METRICS_TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Sample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** All gauges; the totals are those of the last hour. */
export function metricsText(backlog: Backlog, { mails, runs, usage }: RecentTotals): string {
  const one = (value: number): Sample[] => [{ value }];
  const tokens = usage
    .filter(({ key }) => key !== '')
    .flatMap(({ key: model, input, output, cacheRead, cacheWrite }) =>
      Object.entries({ input, output, cache_read: cacheRead, cache_write: cacheWrite }).map(
        ([kind, value]) => ({ labels: { model, kind }, value }),
      ),
    );
  return [
    gauge('jobs_ready', 'Jobs that wait for their turn.', one(backlog.jobsReady)),
    gauge('jobs_paused', 'Jobs that wait because their agent is paused.', one(backlog.jobsPaused)),
    gauge('jobs_running', 'Jobs that are worked on.', one(backlog.jobsRunning)),
    gauge('deliveries_pending', 'Mails that wait to be sent.', one(backlog.deliveriesPending)),
    gauge('mails_waiting', 'Mails that wait in quarantine for their owner.', one(backlog.mailsWaiting)),
    gauge(
      'deliveries_awaiting_approval',
      'Outgoing mails that wait for their owner.',
      one(backlog.deliveriesAwaitingApproval),
    ),
    gauge(
      'queue_age_seconds',
      'How long the oldest job has been due that nothing but free workers keeps waiting.',
      one(backlog.oldestDueMs / 1000),
    ),
    gauge(
      'mails_last_hour',
      'Mails of the last hour that got a verdict, one for each agent addressed.',
      mails.map(({ via, verdict, count }) => ({ labels: { via, verdict }, value: count })),
    ),
    gauge(
      'runs_last_hour',
      'Turns and commands that began in the last hour and came to their end.',
      runs.map(({ kind, status, code, count }) => ({
        labels: { kind, status, code: code ?? 'none' },
        value: count,
      })),
    ),
    gauge(
      'run_seconds_last_hour',
      'How long those took together.',
      runs.map(({ kind, status, code, seconds }) => ({
        labels: { kind, status, code: code ?? 'none' },
        value: seconds,
      })),
    ),
    gauge('llm_tokens_last_hour', 'Tokens of turns that began in the last hour.', tokens),
    gauge(
      'llm_cost_usd_last_hour',
      'Cost of those tokens in US dollars.',
      usage
        .filter(({ key }) => key !== '')
        .map(({ key: model, cost_usd }) => ({ labels: { model }, value: cost_usd })),
    ),
  ].join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => `tinyfat_${name}${written(labels)} ${value}\n`);
  return `# HELP tinyfat_${name} ${help}\n# TYPE tinyfat_${name} gauge\n${lines.join('')}`;
}

function written(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** A name of a model comes from an agent's folder in the end: no line of its own. */
function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
