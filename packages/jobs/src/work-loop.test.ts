import { expect, it } from 'vitest';
import { startWorkLoop } from './work-loop.ts';

/** A loop over these items, one at a time; the third promise resolves when the last of them was taken. */
function loopOver(items: string[], more: Partial<Parameters<typeof startWorkLoop<string>>[0]>) {
  const worked: string[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const loop = startWorkLoop<string>({
    clock: Date.now,
    atOnce: 1,
    pollMs: 1,
    claim: async () => items.shift() ?? null,
    nextDue: async () => null,
    async work(item) {
      worked.push(item);
      if (item === 'last') resolve();
    },
    onUnreachable: () => {},
    ...more,
  });
  return { loop, worked, done, resolve };
}

it.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])('work that %s is reported, and the next item has its turn', async (_name, broken) => {
  const faults: string[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const { loop } = loopOver(['first', 'last'], {
    work: (item) => {
      if (item === 'first') return broken();
      resolve();
      return Promise.resolve();
    },
    onUnreachable: (error) => faults.push(String(error)),
  });
  await done;
  await loop.stop(0);
  expect([faults, loop.running()]).toEqual([['Error: broken'], 0]);
});

it('a table that can not be read, and a report that throws, end nothing', async () => {
  let looks = 0;
  const items = ['last'];
  const { loop, worked, done } = loopOver(items, {
    claim: async () => {
      looks += 1;
      if (looks < 3) throw new Error('the disk is full');
      return items.shift() ?? null;
    },
    onUnreachable: () => {
      throw new Error('the log is gone');
    },
  });
  await done;
  await loop.stop(0);
  expect(worked).toEqual(['last']);
});

it('waits at its stop for what runs', async () => {
  const { promise: release, resolve: free } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const ended: string[] = [];
  const { loop } = loopOver(['slow'], {
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
