/**
 * A batch of wake-ups. Each topic of it is worked on once, whatever the number of its messages. A message is done when the
 * work has ended well, whose rows by then wait for nobody, or for another message; else the queue brings it again.
 */
import { faultText, type Logger, type WakeTopic } from '@tinyfat/core';
import { readWakeMessage } from '@tinyfat/jobs';

/** What of a message of Cloudflare Queues is used. */
export interface QueueMessage {
  readonly id: string;
  readonly body: unknown;
  /** 1 for the first. */
  readonly attempts: number;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
}

/** The first wait before a message comes again, s; doubles. */
const RETRY_S = 15;

/** Does `work` for each topic. Never rejects. */
export async function workBatch(
  messages: readonly QueueMessage[],
  work: (topic: WakeTopic) => Promise<void>,
  logger: Logger,
): Promise<void> {
  const topics = new Map<WakeTopic, QueueMessage[]>();
  for (const message of messages) {
    const topic = readWakeMessage(message.body);
    if (topic === null) {
      logger.error('wake_up_unknown', { message: message.id });
      message.ack();
    } else topics.set(topic, [...(topics.get(topic) ?? []), message]);
  }
  const each = [...topics].map(async ([topic, ofTopic]) => {
    try {
      await work(topic);
      for (const message of ofTopic) message.ack();
    } catch (error) {
      const [{ attempts } = { attempts: 1 }] = ofTopic;
      logger.error('wake_up_not_worked', { topic, attempt: attempts, error: faultText(error) });
      for (const message of ofTopic) {
        message.retry({ delaySeconds: RETRY_S * 2 ** Math.min(message.attempts - 1, 5) });
      }
    }
  });
  await Promise.all(each);
}

/**
 * Messages that the queue gave up on, after as many tries as it makes: a line each in the log. Nothing is lost with them:
 * the sweep finds the rows that they told of.
 */
export function logDeadLetters(messages: readonly QueueMessage[], logger: Logger): void {
  for (const message of messages) {
    logger.error('wake_up_dead', { message: message.id, topic: readWakeMessage(message.body) });
    message.ack();
  }
}
