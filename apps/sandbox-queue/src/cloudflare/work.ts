/**
 * What one invocation does for a topic: it drains the rows, then sees to it that they are looked at again. Rows that are due
 * when its time is up wake an invocation at once. A row that it put off for a short time wakes one then; what is due
 * later the sweep finds within a minute. An invocation that found no work wakes none: else each message would beget another.
 */
import { faultText, type WakeTopic } from '@tinyfat/core';
import { type WebhookDeps, webhookWork } from '@tinyfat/intake';
import { type Drained, drain, type QueueWakeUp, type WorkLoopOptions } from '@tinyfat/jobs';
import type { ConsumerDeps } from '../consumer.ts';
import { deliveryWork } from '../deliveries/send.ts';
import { consumerWork } from '../job-work.ts';
import { noticeWork } from '../notices/limit-notices.ts';
import { collectAlerts } from '../notices/owner-alerts.ts';
import { ownerNoticeWork } from '../notices/owner-notices.ts';
import { syncOutbox } from '../outbox/sync.ts';

export interface TopicDeps {
  consumer: ConsumerDeps;
  webhooks: WebhookDeps;
  wakeUp: QueueWakeUp;
}

/** By when an invocation claims nothing more, epoch ms. */
export interface Until {
  /** A turn and what belongs to it must end with the invocation. */
  turns: number;
  tasks: number;
}

/** All wall time of an invocation of a queue's consumer or of the cron. */
const INVOCATION_MS = 15 * 60_000;
/** Before and after a turn: files copied in and out, the outbox collected, the job settled. */
const AROUND_TURN_MS = 2 * 60_000;
/** The longest that a delivery or an event takes. */
const TASK_MS = 5 * 60_000;
/** What is due later waits for the sweep. */
const SOON_MS = 2 * 60_000;
/** Of these in one invocation: its isolate holds 128 MB, and it has six connections to the outside. */
const DELIVERIES_AT_ONCE = 2;
const EVENTS_AT_ONCE = 2;

/** For an invocation of a queue that began at this time, epoch ms. */
export function untilOf(began: number, turnTimeoutMs: number): Until {
  return {
    turns: began + INVOCATION_MS - turnTimeoutMs - AROUND_TURN_MS,
    tasks: began + INVOCATION_MS - TASK_MS,
  };
}

/** Works on the rows of a topic. Rejects where they can't be reached. */
export async function workOnTopic(deps: TopicDeps, topic: WakeTopic, until: Until): Promise<void> {
  switch (topic) {
    case 'jobs':
      return await follow(deps, topic, await drain(turnWork(deps), until.turns));
    case 'deliveries':
      return await workOnDeliveries(deps, until);
    case 'webhook_events':
      return await follow(deps, topic, await drain(eventWork(deps), until.tasks));
    case 'reports':
      return await syncOutbox(deps.consumer);
    case 'sign_in_mails':
      deps.consumer.logger.warn('wake_up_unknown', { topic });
  }
}

/** The notices of limits, which no message tells of: they are due a while after the mail that they are about. */
export async function workOnNotices({ consumer }: TopicDeps, until: Until): Promise<void> {
  await drain(noticeWork(consumer), until.tasks);
}

/** What owners are mailed about: looked for, then sent. */
export async function workOnOwnerNotices({ consumer }: TopicDeps, until: Until): Promise<void> {
  await collectAlerts(consumer);
  await drain(ownerNoticeWork(consumer), until.tasks);
}

async function workOnDeliveries(deps: TopicDeps, until: Until): Promise<void> {
  let reclaimed = false;
  const work = deliveryWork(deps.consumer, () => {
    reclaimed = true;
  });
  try {
    const drained = await drain({ ...work, atOnce: DELIVERIES_AT_ONCE }, until.tasks);
    await follow(deps, 'deliveries', drained);
  } finally {
    // Those that are `uncertain` now are to be filed, and so is what a dead worker had just sent.
    if (reclaimed) await syncOutbox(deps.consumer);
  }
}

function eventWork({ webhooks }: TopicDeps) {
  return { ...webhookWork(webhooks), atOnce: EVENTS_AT_ONCE };
}

/** One after the other. Whoever takes a job wakes the next invocation while others wait, so that agents don't wait in line. */
function turnWork({ consumer, wakeUp }: TopicDeps): ReturnType<typeof consumerWork> {
  const jobs = consumerWork(consumer, 1);
  const wakeAnother = async () => {
    try {
      if (await consumer.queue.hasNext()) wakeUp.wake('jobs');
    } catch (error) {
      consumer.logger.warn('wake_up_failed', { topic: 'jobs', error: faultText(error) });
    }
  };
  const work: WorkLoopOptions<Parameters<typeof jobs.work>[0]>['work'] = async (lease, signal) => {
    await wakeAnother();
    await jobs.work(lease, signal);
  };
  return { ...jobs, work };
}

async function follow({ consumer, wakeUp }: TopicDeps, topic: WakeTopic, drained: Drained): Promise<void> {
  const { worked, more, nextDue } = drained;
  if (more) return wakeUp.wake(topic);
  if (worked === 0 || nextDue === null) return;
  const waitMs = nextDue - consumer.clock();
  if (waitMs <= SOON_MS) wakeUp.wakeLater(topic, waitMs);
}
