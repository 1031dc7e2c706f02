/** Checks run side by side, and none of them holds up or ends the others. */
import { expect, it } from 'vitest';
import { type Check, type Finding, ok } from './finding.ts';
import { runChecks } from './run-checks.ts';

it('gives the findings in the order of the checks, and tells of each as it ends', async () => {
  const gate = Promise.withResolvers<void>();
  const slow: Check = {
    name: 'slow',
    async look() {
      await gate.promise;
      return ok('at last');
    },
  };
  const fast: Check = { name: 'fast', look: () => [ok('1'), ok('2')] };
  const told: string[] = [];
  const onEnd = (findings: readonly Finding[]) => {
    told.push(...findings.map(({ check }) => check));
    gate.resolve();
  };
  const found = await runChecks([slow, fast], { withinMs: 60_000, onEnd });
  expect(told).toEqual(['fast', 'fast', 'slow']);
  expect(found.map((finding) => finding.found)).toEqual(['at last', '1', '2']);
});

it('ends one that does not end by itself, and tells it so', async () => {
  let aborted = false;
  const hanging: Check = {
    name: 'hanging',
    look(signal) {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    },
  };
  const found = await runChecks([hanging, { name: 'other', look: () => ok('') }], { withinMs: 30 });
  expect(found).toMatchObject([
    { check: 'hanging', state: 'broken', found: 'no answer within 1 s' },
    { check: 'other', state: 'ok' },
  ]);
  expect(aborted).toBe(true);
});

it('says what a check throws, and goes on', async () => {
  const faulty: Check = {
    name: 'faulty',
    look() {
      throw new Error('what was not thought of');
    },
  };
  const found = await runChecks([faulty, { name: 'other', look: () => ok('') }], { withinMs: 1000 });
  expect(found).toMatchObject([
    { check: 'faulty', state: 'broken', found: expect.stringContaining('what was not thought of') },
    { check: 'other', state: 'ok' },
  ]);
});

it('shows no more of a long finding than somebody reads', async () => {
  const long: Check = { name: 'long', look: () => ok('x'.repeat(100_000)) };
  const [found] = await runChecks([long], { withinMs: 1000 });
  expect(found?.found).toHaveLength(502);
});
