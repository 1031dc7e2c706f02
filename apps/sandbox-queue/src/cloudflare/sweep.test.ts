/** Which steps a sweep takes in which minute, over a real database without rows. */
import type { ReconcileDeps } from '@tinyfat/intake';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openWorkerDeps, type WorkerDeps } from '../test-support/worker-deps.ts';
import { sweep } from './sweep.ts';

const MINUTE_MS = 60_000;
const DAY = Date.UTC(2026, 10, 22);

let here: WorkerDeps;
beforeEach(async () => {
  here = await openWorkerDeps();
});
afterEach(() => here.close());

/** What the occasional steps of a sweep did, in that minute of the day. */
async function stepsAt(minute: number): Promise<string[]> {
  const steps: string[] = [];
  const deps = here.deps();
  const list: ReconcileDeps['archive']['list'] = async () => {
    steps.push('reconcile');
    return { ok: true, value: { mails: [], more: false } };
  };
  await sweep(
    {
      ...deps,
      reconcile: { ...deps.consumer, archive: { list } as ReconcileDeps['archive'], wakeUp: deps.wakeUp },
      retention: {
        ...deps.retention,
        rawMail: {
          ...deps.retention.rawMail,
          async sweep() {
            steps.push('raw mail');
            return { seen: 0, unnamed: 0 };
          },
        },
      },
    },
    DAY + minute * MINUTE_MS,
  );
  const runs = await here.db.selectFrom('retention_runs').select('id').execute();
  return [...steps, ...runs.map(() => 'retention')].sort();
}

it('does the rare work in its minute, and retention once a day', async () => {
  expect(await stepsAt(1)).toEqual([]);
  expect(await stepsAt(5)).toEqual(['reconcile']);
  expect(await stepsAt(60)).toEqual(['reconcile', 'retention']);
  expect(await stepsAt(120)).toEqual(['reconcile', 'retention']);
  expect(await stepsAt(24 * 60)).toEqual(['raw mail', 'reconcile', 'retention']);
});

it('wakes a consumer for a job that waits, and for one whose consumer has died', async () => {
  await here.job('one');
  await sweep(here.deps(), DAY + MINUTE_MS);
  expect(here.woken).toEqual(['jobs']);
  const held = await here.deps('dead').consumer.queue.claim();
  expect(held?.mailId).toBe('one');
  here.woken.length = 0;
  await sweep(here.deps(), DAY + MINUTE_MS);
  expect(here.woken).toEqual([]);
  here.now.value += 30_001;
  await sweep(here.deps(), DAY + MINUTE_MS);
  expect(here.woken).toEqual(['jobs']);
});

it('makes more than a few rows findable in one minute', async () => {
  for (let number = 0; number < 45; number += 1) await here.job(`job-${number}`);
  await here.db.insertInto('search_backfills').values({ kind: 'mail', at: DAY, id: '' }).execute();
  await sweep(here.deps(), DAY + MINUTE_MS);
  expect(await here.db.selectFrom('search_backfills').select('kind').execute()).toEqual([]);
});

it('goes on with the other steps when one fails', async () => {
  await here.job('one');
  const deps = here.deps();
  const broken = { ...deps.webhooks, db: here.broken };
  await sweep({ ...deps, webhooks: broken }, DAY + MINUTE_MS);
  expect(here.woken).toEqual(['jobs']);
  expect(here.lines.filter((line) => line.startsWith('sweep_failed'))).toEqual([
    expect.stringContaining('"step":"webhook_events"'),
  ]);
});
