/**
 * Wake-ups between Workers, over two Cloudflare Queues: one for turns and commands, one for all other work. A message names
 * a topic and nothing else: rows are the truth, and whatever it wakes looks at them. So a message that is lost, doubled or
 * late does no harm, and one that can't be sent is a line in the log: the sweep, once a minute, finds the rows.
 */
import { faultText, isRecord, type Logger, type WakeTopic, type WakeUp } from '@tinyfat/core';
import { wakeTopic } from './wake-up.ts';

/** The body of a message. */
export interface WakeMessage {
  topic: WakeTopic;
}

/** What of a Worker's binding to a queue is used; `Queue` of `@cloudflare/workers-types` is one. */
export interface WakeQueue {
  send(message: WakeMessage, options?: { delaySeconds?: number }): Promise<unknown>;
}

export interface QueueWakeUpDeps {
  /** Of turns and commands. */
  jobs: WakeQueue;
  /** Of deliveries, reports and webhook events. */
  tasks: WakeQueue;
  /** Sends sign-in mails, which no queue carries; nothing where it is absent. */
  onSignInMails?(): void;
  /** Keeps the invocation until the promise has settled. */
  waitUntil(promise: Promise<unknown>): void;
  logger: Logger;
}

export interface QueueWakeUp extends WakeUp {
  /** Wakes the topic once, so many ms from now; at least a second, at most a day. */
  wakeLater(topic: WakeTopic, afterMs: number): void;
}

/** Cloudflare's own limit for a message, s. */
const LONGEST_DELAY_S = 86_400;

/** For one invocation. */
export function queueWakeUp(deps: QueueWakeUpDeps): QueueWakeUp {
  const { waitUntil, logger } = deps;
  /** Topics whose message is on its way; true where one more is to follow. */
  const onTheirWay = new Map<WakeTopic, boolean>();

  const send = async (topic: WakeTopic, options?: { delaySeconds: number }) => {
    try {
      await (topic === 'jobs' ? deps.jobs : deps.tasks).send({ topic }, options);
    } catch (error) {
      logger.warn('wake_up_failed', { topic, error: faultText(error) });
    }
  };
  /** What was written while a message was on its way may not be seen by whoever gets that one. */
  const sendUntilNone = async (topic: WakeTopic) => {
    do {
      onTheirWay.set(topic, false);
      await send(topic);
    } while (onTheirWay.get(topic));
    onTheirWay.delete(topic);
  };

  return {
    wake(topic) {
      if (topic === 'sign_in_mails') deps.onSignInMails?.();
      else if (onTheirWay.has(topic)) onTheirWay.set(topic, true);
      else waitUntil(sendUntilNone(topic));
    },
    wakeLater(topic, afterMs) {
      const delaySeconds = Math.min(Math.max(Math.ceil(afterMs / 1000), 1), LONGEST_DELAY_S);
      waitUntil(send(topic, { delaySeconds }));
    },
  };
}

/** The topic of a message; null for what is none of ours. */
export function readWakeMessage(body: unknown): WakeTopic | null {
  if (!isRecord(body) || Object.keys(body).length !== 1 || typeof body.topic !== 'string') return null;
  return wakeTopic(body.topic) ?? null;
}
