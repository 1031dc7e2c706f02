import type { Inspection } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { inspectIn } from './inspection.ts';
import type { Called, FailureCode } from './outcome.ts';

const look: Inspection = { ok: false, code: 'unreadable', reason: 'A result.' };
const result: Called<Inspection> = { ok: true, answer: look };
const failed = (code: FailureCode, alone: boolean): Called<Inspection> => ({
  ok: false,
  code,
  reason: 'It failed.',
  alone,
});
const shared = (code: FailureCode) => failed(code, false);
const alone = (code: FailureCode) => failed(code, true);

/** A `call` that gives these outcomes, one after the other, and the places that were asked for. */
function scripted(outcomes: Called<Inspection>[]) {
  const called: string[] = [];
  const run = (bytes = 1000) =>
    inspectIn(bytes, async (place) => {
      called.push(place);
      return outcomes.shift() ?? result;
    });
  return { run, called };
}

describe('an inspection', () => {
  it('of a small message runs among small ones, of a large one among large ones', async () => {
    const { run, called } = scripted([]);
    expect(await run()).toBe(look);
    expect(await run(25 * 1024 * 1024)).toBe(look);
    expect(called).toEqual(['small', 'large']);
  });

  it.each<[string, Called<Inspection>, string]>([
    ['that computed beyond its deadline is refused', alone('processor'), 'too_complex'],
    ['that waited beyond its deadline is put off', alone('deadline'), 'deadline'],
    ['that threw is refused', alone('threw'), 'unreadable'],
  ])('alone in its thread %s, without a second try', async (_, outcome, code) => {
    const { run, called } = scripted([outcome]);
    expect(await run()).toMatchObject({ ok: false, code });
    expect(called).toEqual(['small']);
  });

  it.each(['processor', 'deadline', 'memory', 'died', 'threw', 'not_begun'] as const)(
    'that failed with %s in company is tried alone, and has the result of that',
    async (code) => {
      const { run, called } = scripted([shared(code)]);
      expect(await run()).toBe(look);
      expect(called).toEqual(['small', 'alone']);
    },
  );

  it.each(['memory', 'died'] as const)(
    'that ended one thread of its own (%s) is tried again',
    async (code) => {
      const { run, called } = scripted([alone(code)]);
      expect(await run()).toBe(look);
      expect(called).toEqual(['small', 'alone']);
    },
  );

  it('that ended two threads of its own is refused', async () => {
    const first = scripted([alone('died'), alone('memory')]);
    expect(await first.run()).toMatchObject({ ok: false, code: 'too_complex' });
    const later = scripted([shared('died'), alone('died'), alone('died')]);
    expect(await later.run()).toMatchObject({ ok: false, code: 'too_complex' });
    expect(later.called).toEqual(['small', 'alone', 'alone']);
  });

  it.each<[string, Called<Inspection>[]]>([
    ['threads that can not be started', [alone('not_begun'), alone('not_begun'), alone('not_begun')]],
    ['deaths in company and one alone', [shared('died'), alone('died'), alone('not_begun')]],
  ])('is for later, and no refusal, after %s', async (_, outcomes) => {
    await expect(scripted(outcomes).run()).rejects.toThrow('The message could not be looked at');
  });
});
