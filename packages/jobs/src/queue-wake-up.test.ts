import type { Logger } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { queueWakeUp, readWakeMessage, type WakeQueue } from './queue-wake-up.ts';

/** Two queues whose messages a test lets through; `sent` in order, with the queue's name and the delay. */
function queues() {
  const sent: string[] = [];
  const lines: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const promises: Promise<unknown>[] = [];
  let signIns = 0;
  const queue = (name: string): WakeQueue => ({
    async send({ topic }, options) {
      sent.push([name, topic, options?.delaySeconds].filter((word) => word !== undefined).join(' '));
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    },
  });
  const note = (event: string, fields = {}) => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const wakeUp = queueWakeUp({
    jobs: queue('jobs'),
    tasks: queue('tasks'),
    onSignInMails: () => {
      signIns += 1;
    },
    waitUntil: (promise) => void promises.push(promise),
    logger,
  });
  return { wakeUp, sent, lines, gates, promises, signIns: () => signIns };
}

it('sends each topic to its queue, and sign-in mails to none', async () => {
  const { wakeUp, sent, gates, promises, signIns } = queues();
  for (const topic of ['jobs', 'deliveries', 'reports', 'webhook_events', 'sign_in_mails'] as const) {
    wakeUp.wake(topic);
  }
  for (const gate of gates) gate.resolve();
  await Promise.all(promises);
  expect(sent).toEqual(['jobs jobs', 'tasks deliveries', 'tasks reports', 'tasks webhook_events']);
  expect(signIns()).toBe(1);
});

it('sends one message for all that is written while another is on its way, and one for what comes later', async () => {
  const { wakeUp, sent, gates, promises } = queues();
  wakeUp.wake('jobs');
  for (let row = 0; row < 10; row += 1) wakeUp.wake('jobs');
  expect(sent).toEqual(['jobs jobs']);
  gates[0]?.resolve();
  await new Promise(setImmediate);
  expect(sent).toEqual(['jobs jobs', 'jobs jobs']);
  gates[1]?.resolve();
  await Promise.all(promises);
  wakeUp.wake('jobs');
  gates[2]?.resolve();
  await Promise.all(promises);
  expect(sent).toHaveLength(3);
});

it('sends a message that comes later, between a second and a day', async () => {
  const { wakeUp, sent, gates, promises } = queues();
  wakeUp.wakeLater('deliveries', 4100);
  wakeUp.wakeLater('deliveries', 0);
  wakeUp.wakeLater('jobs', 90_000_000);
  for (const gate of gates) gate.resolve();
  await Promise.all(promises);
  expect(sent).toEqual(['tasks deliveries 5', 'tasks deliveries 1', 'jobs jobs 86400']);
});

it('logs a message that could not be sent, and goes on', async () => {
  const { wakeUp, sent, lines, gates, promises } = queues();
  wakeUp.wake('jobs');
  gates[0]?.reject(new Error('the queue is overloaded'));
  await Promise.all(promises);
  expect(lines).toEqual([expect.stringMatching(/^wake_up_failed .*the queue is overloaded/)]);
  wakeUp.wake('jobs');
  expect(sent).toHaveLength(2);
});

it.each([
  [null],
  ['jobs'],
  [{}],
  [{ topic: 'rows' }],
  [{ topic: 'jobs', id: 1 }],
  [{ topic: ['jobs'] }],
  [[]],
])('takes no other message for its own: %j', (body) => {
  expect(readWakeMessage(body)).toBeNull();
});

it('reads the topic of a message', () => {
  expect(readWakeMessage({ topic: 'webhook_events' })).toBe('webhook_events');
});
