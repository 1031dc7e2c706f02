/**
 * What the cron does once a minute: finds the rows whose wake-up was lost or never sent, gives back what dead invocations
 * held, and does the work that no row tells of. A step that fails is a line in the log, and keeps no other from its turn.
 */
import { faultText } from '@tinyfat/core';
import { RECONCILE_MS, type ReconcileDeps, reconcile } from '@tinyfat/intake';
import { type RawMailSweepDeps, type RetentionDeps, runRetention, sweepRawMail } from '@tinyfat/retention';
import { syncOutbox } from '../outbox/sync.ts';
import { backFillSearch } from '../search/back-fill.ts';
import { type TopicDeps, type Until, workOnNotices, workOnOwnerNotices, workOnTopic } from './work.ts';

export interface SweepDeps extends TopicDeps {
  /** Resend's list of received mails; null where mail does not come through Resend. */
  reconcile: ReconcileDeps | null;
  retention: RetentionDeps & RawMailSweepDeps;
}

const MINUTE_MS = 60_000;
/** How often outboxes are looked through for what an invocation left that died between the end of a delivery and its file. */
const SYNC_MS = 10 * MINUTE_MS;
/** How often it is asked whether the retention of today has run. */
const RETENTION_MS = 60 * MINUTE_MS;
const RAW_MAIL_MS = 24 * 60 * MINUTE_MS;
/** The next sweep begins a minute later, and goes on with what is due. */
const CLAIM_MS = 45_000;
/** Of the search in one sweep: twenty rows each. */
const SEARCH_STEPS = 20;
/** What takes longer goes on with the next run; the invocation ends after 15 minutes. */
const CLEANING_MS = 10 * MINUTE_MS;

/** One sweep; `scheduledAt`: the minute for which the cron was set, epoch ms. Never rejects. */
export async function sweep(deps: SweepDeps, scheduledAt: number): Promise<void> {
  const { consumer } = deps;
  const claimUntil = consumer.clock() + CLAIM_MS;
  const until: Until = { turns: claimUntil, tasks: claimUntil };
  const minute = Math.floor(scheduledAt / MINUTE_MS);
  const isTimeFor = (everyMs: number) => minute % (everyMs / MINUTE_MS) === 0;
  const step = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      consumer.logger.error('sweep_failed', { step: name, error: faultText(error) });
    }
  };
  await Promise.all([
    step('jobs', () => wakeForJobs(deps)),
    step('deliveries', () => workOnTopic(deps, 'deliveries', until)),
    step('webhook_events', () => workOnTopic(deps, 'webhook_events', until)),
    step('limit_notices', () => workOnNotices(deps, until)),
    step('owner_notices', () => workOnOwnerNotices(deps, until)),
    step('search', () => fillSearch(deps, claimUntil)),
    isTimeFor(SYNC_MS) && step('outboxes', () => syncOutbox(consumer)),
    isTimeFor(RECONCILE_MS) && step('reconcile', () => readList(deps)),
    isTimeFor(RETENTION_MS) && step('retention', () => removeOld(deps)),
    isTimeFor(RAW_MAIL_MS) &&
      step('raw_mail', () => sweepRawMail(deps.retention, AbortSignal.timeout(CLEANING_MS))),
  ]);
}

/** Turns are too long for the minute of a sweep: a queue's consumer does them. */
async function wakeForJobs({ consumer, wakeUp }: SweepDeps): Promise<void> {
  const { queue, logger } = consumer;
  const due = await queue.dueAfterSetBack();
  if (due > 0) logger.warn('clock_set_back', { rows: 'jobs', due });
  const reclaimed = await queue.reclaim(() => false);
  if (reclaimed > 0) logger.warn('leases_reclaimed', { rows: 'jobs', reclaimed });
  if (await queue.hasNext()) wakeUp.wake('jobs');
}

/** Steps while there are any, as far as a minute goes: each reads some objects and rows, which are counted. */
async function fillSearch({ consumer }: SweepDeps, until: number): Promise<void> {
  for (let steps = 0; steps < SEARCH_STEPS && consumer.clock() < until; steps += 1) {
    if (!(await backFillSearch(consumer))) return;
  }
}

async function readList({ reconcile: deps, consumer }: SweepDeps): Promise<void> {
  const problem = deps === null ? null : await reconcile(deps);
  if (problem !== null)
    consumer.logger.warn('reconcile_failed', { provider: 'resend', reason: problem.reason });
}

/** Once a day, whoever begins it. */
async function removeOld({ retention }: SweepDeps): Promise<void> {
  await runRetention(retention, { daily: true, signal: AbortSignal.timeout(CLEANING_MS) });
}
