import { testTurn } from '@tinyfat/contracts';
import type { TurnRunner } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { NOTHING_USED } from '../turn/outcome.ts';
import { oneAtATime } from './one-at-a-time.ts';

const turn = (run: string, attempt = 1) => {
  const asked = testTurn(run, 'Hello', { upstream: { kind: 'demo' } });
  return { ...asked, input: { ...asked.input, attempt } };
};
const RARELY = { everyMs: 1e6, answerMs: 1e6 };
const alive = async () => {};
const cancelled = {
  ...NOTHING_USED,
  outcome: { ok: false, code: 'sandbox_cancelled', message: '', retry: true },
} as const;

/** Turns that end when they are aborted, and what happened. */
function untilAborted(): { runner: TurnRunner; seen: string[] } {
  const seen: string[] = [];
  const runner: TurnRunner = {
    async runTurn({ input }, signal) {
      const name = `${input.run_id}/${input.attempt}`;
      seen.push(`${name} begins`);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      seen.push(`${name} ends`);
      return cancelled;
    },
  };
  return { runner, seen };
}

it('lets another turn begin when the one before has ended, which it asks for', async () => {
  const { runner, seen } = untilAborted();
  const turns = oneAtATime(runner, RARELY);
  const all = [turns.run(turn('a'), alive), turns.run(turn('b'), alive), turns.run(turn('c'), alive)];
  await Promise.all(all.slice(0, 2));
  turns.cancel('c', 1);
  await Promise.all(all);
  expect(seen).toEqual(['a/1 begins', 'a/1 ends', 'b/1 begins', 'b/1 ends', 'c/1 begins', 'c/1 ends']);
});

it('cancels no other attempt at the same run', async () => {
  const { runner, seen } = untilAborted();
  const turns = oneAtATime(runner, RARELY);
  const running = turns.run(turn('a', 2), alive);
  turns.cancel('a', 1);
  await Promise.resolve();
  expect(seen).toEqual(['a/2 begins']);
  turns.cancel('a', 2);
  await running;
});

it.each([
  ['rejects', () => Promise.reject(new Error('gone'))],
  ['does not answer', () => new Promise<void>(() => {})],
])('ends a turn whose consumer %s', async (_, dead) => {
  const { runner } = untilAborted();
  expect(await oneAtATime(runner, { everyMs: 1, answerMs: 1 }).run(turn('a'), dead)).toBe(cancelled);
});
