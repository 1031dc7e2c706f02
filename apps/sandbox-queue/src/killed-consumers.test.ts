/** Invariants 1, 2 and 4 with two consumers at once on one database, which are killed at any of their steps and replaced. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Consumers, openConsumers } from './test-support/consumers.ts';

const AGENTS = ['ant', 'bee', 'cat'];
const MAILS = 5;
const KILLS = 14;
/** What a job takes from its claim to its filed reply is about so many steps. */
const LONGEST_LIFE = 120;

let consumers: Consumers;
afterEach(() => consumers.close());

/** Numbers from 1 to a bound, the same for a seed at each run of the test (Marsaglia's xorshift32). */
function numbers(seed: number): (most: number) => number {
  let state = seed * 2_654_435_761;
  return (most) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return 1 + ((state >>> 0) % most);
  };
}

/** Two consumers at once; whichever is killed is replaced, as often as there are kills left. */
async function survive(seed: number): Promise<void> {
  const next = numbers(seed);
  const order = Array.from({ length: MAILS }, (_, number) =>
    AGENTS.map((agent) => ({ agent, number })),
  ).flat();
  for (const { agent, number } of order) await consumers.add(agent, number);
  let kills = KILLS;
  const live = async (): Promise<void> => {
    while (kills > 0) {
      kills -= 1;
      const consumer = consumers.start(next(LONGEST_LIFE));
      await Promise.race([consumer.killed, settled()]);
      await consumer.stop();
    }
    consumers.start();
  };
  await Promise.all([live(), live()]);
  await settled();
}

const open = () =>
  consumers.db
    .selectFrom('jobs')
    .leftJoin('deliveries', 'deliveries.mail_id', 'jobs.mail_id')
    .select('jobs.id')
    .where((where) =>
      where.or([
        where('jobs.state', 'not in', ['done', 'failed']),
        where('deliveries.filed', '=', 0),
        where('deliveries.state', 'in', ['pending', 'sending']),
      ]),
    )
    .execute();
const settled = () =>
  vi.waitFor(async () => expect(await open()).toEqual([]), { timeout: 25_000, interval: 20 });

const answers = Array.from({ length: MAILS }, (_, number) => `Answer ${number}`);
const states = async (table: 'jobs' | 'deliveries' | 'mails') => {
  const rows = await consumers.db.selectFrom(table).select('state').execute();
  return [...new Set<string>(rows.map(({ state }) => state))].sort();
};

describe.each([1, 2])('two consumers that are killed at random, by schedule %i', (seed) => {
  it('give each mail one reply, in order, through a provider that folds repeats', async () => {
    consumers = await openConsumers(AGENTS, { idempotent: true });
    await survive(seed);
    for (const agent of AGENTS) expect(consumers.taken.get(agent)).toEqual(answers);
    expect([await states('jobs'), await states('deliveries'), await states('mails')]).toEqual([
      ['done'],
      ['sent'],
      ['replied'],
    ]);
    expect(consumers.askedForNothing).toEqual([]);
  });

  it('give each mail one reply at most through another provider, and say where nobody knows', async () => {
    consumers = await openConsumers(AGENTS, { idempotent: false });
    await survive(seed);
    for (const agent of AGENTS) {
      const taken = consumers.taken.get(agent) ?? [];
      expect(taken).toEqual(answers.filter((answer) => taken.includes(answer)));
      const doubtful = await consumers.db
        .selectFrom('deliveries')
        .innerJoin('mails', 'mails.id', 'deliveries.mail_id')
        .select(['deliveries.subject', 'mails.state'])
        .where('deliveries.agent_id', '=', agent)
        .where('deliveries.state', '=', 'uncertain')
        .execute();
      expect(new Set(doubtful.map(({ state }) => state)).size).toBeLessThanOrEqual(1);
      expect(taken.length + doubtful.length).toBeGreaterThanOrEqual(MAILS);
    }
    expect(await states('jobs')).toEqual(['done']);
    expect(consumers.askedForNothing).toEqual([]);
  });
});
