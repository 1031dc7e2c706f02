import type { Logger, WakeTopic } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { logDeadLetters, type QueueMessage, workBatch } from './batch.ts';

/** Messages with these bodies; what became of each, in `ends`. */
function batchOf(...bodies: unknown[]) {
  const ends: string[] = [];
  const lines: string[] = [];
  const note = (event: string, fields = {}) => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const messages = bodies.map(
    (body, index): QueueMessage => ({
      id: `m${index}`,
      body,
      attempts: index + 1,
      ack: () => void ends.push(`m${index} done`),
      retry: ({ delaySeconds }) => void ends.push(`m${index} again in ${delaySeconds}`),
    }),
  );
  return { messages, ends, lines, logger };
}

it('works once on each topic, and is done with its messages only when that has ended', async () => {
  const { messages, ends, logger } = batchOf(
    { topic: 'reports' },
    { topic: 'deliveries' },
    { topic: 'reports' },
  );
  const worked: WakeTopic[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const batch = workBatch(
    messages,
    async (topic) => {
      worked.push(topic);
      if (topic === 'reports') await ended;
    },
    logger,
  );
  await new Promise(setImmediate);
  expect([worked, ends]).toEqual([['reports', 'deliveries'], ['m1 done']]);
  end();
  await batch;
  expect(ends).toEqual(['m1 done', 'm0 done', 'm2 done']);
});

it('lets the messages of a topic come again whose rows were out of reach, each later than before', async () => {
  const { messages, ends, lines, logger } = batchOf(
    { topic: 'jobs' },
    { topic: 'deliveries' },
    { topic: 'jobs' },
  );
  await workBatch(
    messages,
    async (topic) => {
      if (topic === 'jobs') throw new Error('the database is away');
    },
    logger,
  );
  expect(ends.sort()).toEqual(['m0 again in 15', 'm1 done', 'm2 again in 60']);
  expect(lines).toEqual([
    expect.stringMatching(/^wake_up_not_worked .*"topic":"jobs".*the database is away/),
  ]);
});

it('is done with a message that is none of ours, with a line in the log that does not repeat it', async () => {
  const { messages, ends, lines, logger } = batchOf({ topic: 'secrets' }, 'jobs');
  await workBatch(messages, () => Promise.reject(new Error('not reached')), logger);
  expect(ends).toEqual(['m0 done', 'm1 done']);
  expect(lines).toEqual(['wake_up_unknown {"message":"m0"}', 'wake_up_unknown {"message":"m1"}']);
});

it('says of each dead letter which topic it told of', () => {
  const { messages, ends, lines, logger } = batchOf({ topic: 'jobs' }, null);
  logDeadLetters(messages, logger);
  expect(ends).toEqual(['m0 done', 'm1 done']);
  expect(lines).toEqual([
    'wake_up_dead {"message":"m0","topic":"jobs"}',
    'wake_up_dead {"message":"m1","topic":null}',
  ]);
});
