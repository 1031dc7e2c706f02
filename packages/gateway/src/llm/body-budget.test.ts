import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostBodies } from './body-budget.ts';

const NO_END = { held: Number.POSITIVE_INFINITY, sent: Number.POSITIVE_INFINITY };

test('a run holds no more than its share', () => {
  const run = hostBodies(1000).openRun({ ...NO_END, held: 100 });
  expect([run.take(60), run.take(41), run.take(40), run.take(1)]).toEqual([true, false, true, false]);
  run.giveBack(50);
  expect([run.take(50), run.take(1)]).toEqual([true, false]);
});

test('all runs together hold no more than the host has, and the next one always finds room', () => {
  const host = hostBodies(1024);
  const held = Array.from({ length: 5 }, () => {
    const run = host.openRun(NO_END);
    let mine = 0;
    while (run.take(1)) mine += 1;
    return mine;
  });
  expect(held).toEqual([512, 256, 128, 64, 32]);
});

test('counts what a run sent, whatever became of it', () => {
  const run = hostBodies(1000).openRun({ ...NO_END, sent: 100 });
  expect([run.count(60), run.count(40), run.count(1), run.count(0)]).toEqual([true, true, false, false]);
});

test('a run that is over leaves nothing taken, also where something is given back late', () => {
  const host = hostBodies(100);
  const run = host.openRun(NO_END);
  run.take(50);
  run.close();
  run.giveBack(50);
  run.close();
  expect(run.take(1)).toBe(false);
  const next = host.openRun(NO_END);
  expect([next.take(50), next.take(1)]).toEqual([true, false]);
});

test('never goes below zero or over the whole, whatever runs do', () => {
  const steps = fc.array(fc.tuple(fc.nat(3), fc.nat(40), fc.boolean()), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (all) => {
      const host = hostBodies(100);
      const runs = Array.from({ length: 4 }, () => ({
        budget: host.openRun({ ...NO_END, held: 60 }),
        mine: 0,
      }));
      for (const [number, bytes, back] of all) {
        const run = runs[number];
        if (run === undefined) continue;
        if (back) {
          const some = Math.min(bytes, run.mine);
          run.budget.giveBack(some);
          run.mine -= some;
        } else if (run.budget.take(bytes)) run.mine += bytes;
        expect(run.mine).toBeLessThanOrEqual(60);
        expect(runs.reduce((sum, { mine }) => sum + mine, 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});
