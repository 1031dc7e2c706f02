/** When a topic is looked at again after an invocation: over a real database, with a sender that puts mails off. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkerDeps, type WorkerDeps } from '../test-support/worker-deps.ts';
import { untilOf, workOnTopic } from './work.ts';

const MINUTE_MS = 60_000;

describe('an invocation', () => {
  let here: WorkerDeps;
  beforeEach(async () => {
    here = await openWorkerDeps();
    await here.delivery('one');
  });
  afterEach(() => here.close());

  /** Works on deliveries for so long, with this first wait before another try; gives whom it woke. */
  async function work(retryMs: number, forMs = MINUTE_MS): Promise<string[]> {
    here.woken.length = 0;
    const until = here.now.value + forMs;
    await workOnTopic(here.deps(undefined, retryMs), 'deliveries', { turns: until, tasks: until });
    return [...here.woken];
  }

  it('wakes one for when a row is due that it put off for a short time', async () => {
    here.provider.outcome = { state: 'temporary', reason: 'busy' };
    expect(await work(20_000)).toEqual([expect.stringMatching(/^deliveries in \d+ ms$/)]);
    // The row waits: this one finds nothing to do, and wakes nobody.
    expect(await work(20_000)).toEqual([]);
  });

  it('leaves what is due later to the sweep', async () => {
    here.provider.outcome = { state: 'temporary', reason: 'busy' };
    expect(await work(10 * MINUTE_MS)).toEqual([]);
  });

  it('wakes one at once where rows are due and its time is up', async () => {
    expect(await work(1, 0)).toEqual(['deliveries']);
  });

  it('wakes nobody when all is done', async () => {
    expect(await work(1)).toEqual([]);
  });
});

it('leaves a turn, with what is before and after it, the time that the invocation has', () => {
  expect(untilOf(0, 12 * MINUTE_MS)).toEqual({ turns: MINUTE_MS, tasks: 10 * MINUTE_MS });
  expect(untilOf(0, 10 * MINUTE_MS).turns).toBe(3 * MINUTE_MS);
});
