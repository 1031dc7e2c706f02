import type { Logger } from '@tinyfat/core';
import type { LeasedRows } from '@tinyfat/database';
import { expect, it } from 'vitest';
import { LeaseLost, StopAsked } from './rows-in-hand.ts';
import { rowsOf } from './test-support/items.ts';
import { startWorkLoop } from './work-loop.ts';

type Options = Parameters<typeof startWorkLoop<string>>[0];

/** A loop over these rows, one at a time; `done` resolves when `last` was taken. `lines`: events of the log. */
function loopOver(rows: LeasedRows<string>, more: Partial<Options> = {}) {
  const worked: string[] = [];
  const lines: string[] = [];
  const note = (event: string, fields = {}) => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const loop = startWorkLoop<string>({
    name: 'items',
    rows,
    clock: Date.now,
    logger,
    leaseMs: 30_000,
    atOnce: 1,
    pollMs: 1,
    async work(item) {
      worked.push(item);
      if (item === 'last') resolve();
    },
    ...more,
  });
  return { loop, worked, done, lines, resolve };
}

it.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('work that %s is reported, and the next row has its turn', async (_name, broken) => {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const { loop, lines } = loopOver(rowsOf(['first', 'last']), {
    work: (item) => {
      if (item === 'first') return broken();
      resolve();
      return Promise.resolve();
    },
  });
  await done;
  await loop.stop(0);
  expect(lines.filter((line) => line.startsWith('work_crashed'))).toEqual([
    expect.stringContaining('Error: broken'),
  ]);
  expect(loop.running()).toBe(0);
});

it('a table that can not be read ends nothing', async () => {
  let looks = 0;
  const items = ['last'];
  const rows = rowsOf(items, {
    claim: async () => {
      looks += 1;
      if (looks < 3) throw new Error('the disk is full');
      return items.shift();
    },
  });
  const { loop, worked, done, lines } = loopOver(rows);
  await done;
  await loop.stop(0);
  expect(worked).toEqual(['last']);
  expect(lines[0]).toContain('the disk is full');
});

it('waits at its stop for what runs', async () => {
  const { promise: release, resolve: free } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const ended: string[] = [];
  const { loop } = loopOver(rowsOf(['slow']), {
    async work(item) {
      begin();
      await release;
      ended.push(item);
    },
  });
  await begun;
  const stopped = loop.stop(10_000);
  free();
  await stopped;
  expect([ended, loop.running()]).toEqual([['slow'], 0]);
});

it('renews the lease of what it works on, and ends the work when it is lost', async () => {
  let renewals = 0;
  const { promise: reason, resolve: end } = Promise.withResolvers<unknown>();
  const rows = rowsOf(['slow'], { renew: async () => ++renewals < 3 });
  const { loop } = loopOver(rows, {
    leaseMs: 3,
    work: (_item, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          end(signal.reason);
          resolve();
        });
      }),
  });
  expect(await reason).toBeInstanceOf(LeaseLost);
  expect(renewals).toBe(3);
  await loop.stop(0);
});

it('gives back what dead workers held, and takes nothing that it works on itself', async () => {
  const { promise: release, resolve: free } = Promise.withResolvers<void>();
  const { promise: looked, resolve: look } = Promise.withResolvers<boolean[]>();
  const rows = rowsOf(['slow'], {
    async reclaim(isOwn) {
      const own = [isOwn({ key: 'slow', fence: 1 }), isOwn({ key: 'slow', fence: 2 })];
      if (own[0]) look(own);
      return 1;
    },
  });
  const { loop, lines } = loopOver(rows, { work: () => release });
  expect(await looked).toEqual([true, false]);
  free();
  await loop.stop(1000);
  expect(lines[0]).toBe('leases_reclaimed {"rows":"items","reclaimed":1}');
});

it('makes due what a clock that was set back delays: at its start and when it sees it', async () => {
  let now = 1000;
  let calls = 0;
  const { promise: again, resolve } = Promise.withResolvers<void>();
  const rows = rowsOf([], {
    dueAfterSetBack: async () => {
      calls += 1;
      if (calls === 1) now = 500;
      else resolve();
      return calls - 1;
    },
  });
  const { loop, lines } = loopOver(rows, { clock: () => now });
  await again;
  await loop.stop(0);
  expect(lines).toContain('clock_set_back {"rows":"items","due":1}');
  expect(calls).toBe(2);
});

it('ends what somebody asked to end as soon as it is woken, and nothing else', async () => {
  const asked = new Set<string>();
  const ended: string[] = [];
  const { promise: begun, resolve: both } = Promise.withResolvers<void>();
  const { promise: over, resolve: stopped } = Promise.withResolvers<unknown>();
  const running = new Set<string>();
  const { loop } = loopOver(rowsOf(['one', 'two']), {
    atOnce: 2,
    pollMs: 60_000,
    stopsAsked: async (keys) => new Set(keys.filter((key) => asked.has(key))),
    work: (item, signal) =>
      new Promise((resolve) => {
        running.add(item);
        if (running.size === 2) both();
        signal.addEventListener('abort', () => {
          ended.push(item);
          stopped(signal.reason);
          resolve();
        });
      }),
  });
  await begun;
  asked.add('two');
  loop.wake();
  expect(await over).toBeInstanceOf(StopAsked);
  expect(ended).toEqual(['two']);
  await loop.stop(0);
});
