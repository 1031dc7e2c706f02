import type { Inspection } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { type InspectionLanes, inspectIn } from './inspection.ts';
import type { Lane } from './lanes.ts';
import type { Called, FailureCode } from './thread.ts';

const look: Inspection = { ok: false, code: 'unreadable', reason: 'A result.' };
const result: Called = { ok: true, answer: { operation: 'inspect', result: look } };
const failed = (code: FailureCode, alone: boolean): Called => ({
  ok: false,
  code,
  reason: 'It failed.',
  alone,
});
const shared = (code: FailureCode) => failed(code, false);
const alone = (code: FailureCode) => failed(code, true);

/** Lanes whose calls give these outcomes, one after the other, and the names of those that were called. */
function scripted(outcomes: Called[]): { lanes: InspectionLanes; called: string[] } {
  const called: string[] = [];
  const lane = (name: string): Lane => ({
    call: async () => {
      called.push(name);
      return outcomes.shift() ?? result;
    },
    close: async () => undefined,
  });
  return { lanes: { small: lane('small'), large: lane('large'), alone: lane('alone') }, called };
}
const run = (lanes: InspectionLanes, bytes = 1000) =>
  inspectIn(lanes, bytes, (lane) => lane.call(1000, () => ({ operation: 'load', part: 'inspect' })));

describe('an inspection', () => {
  it('of a small message runs among small ones, of a large one among large ones', async () => {
    const { lanes, called } = scripted([]);
    expect(await run(lanes)).toBe(look);
    expect(await run(lanes, 25 * 1024 * 1024)).toBe(look);
    expect(called).toEqual(['small', 'large']);
  });

  it.each<[string, Called, string]>([
    ['that computed beyond its deadline is refused', alone('processor'), 'too_complex'],
    ['that waited beyond its deadline is put off', alone('deadline'), 'deadline'],
    ['that threw is refused', alone('threw'), 'unreadable'],
  ])('alone in its thread %s, without a second try', async (_, outcome, code) => {
    const { lanes, called } = scripted([outcome]);
    expect(await run(lanes)).toMatchObject({ ok: false, code });
    expect(called).toEqual(['small']);
  });

  it.each(['processor', 'deadline', 'memory', 'died', 'threw', 'not_begun'] as const)(
    'that failed with %s in company is tried alone, and has the result of that',
    async (code) => {
      const { lanes, called } = scripted([shared(code)]);
      expect(await run(lanes)).toBe(look);
      expect(called).toEqual(['small', 'alone']);
    },
  );

  it.each(['memory', 'died'] as const)(
    'that ended one thread of its own (%s) is tried again',
    async (code) => {
      const { lanes, called } = scripted([alone(code)]);
      expect(await run(lanes)).toBe(look);
      expect(called).toEqual(['small', 'alone']);
    },
  );

  it('that ended two threads of its own is refused', async () => {
    const first = scripted([alone('died'), alone('memory')]);
    expect(await run(first.lanes)).toMatchObject({ ok: false, code: 'too_complex' });
    const later = scripted([shared('died'), alone('died'), alone('died')]);
    expect(await run(later.lanes)).toMatchObject({ ok: false, code: 'too_complex' });
    expect(later.called).toEqual(['small', 'alone', 'alone']);
  });

  it.each<[string, Called[]]>([
    ['threads that can not be started', [alone('not_begun'), alone('not_begun'), alone('not_begun')]],
    ['deaths in company and one alone', [shared('died'), alone('died'), alone('not_begun')]],
  ])('is for later, and no refusal, after %s', async (_, outcomes) => {
    await expect(run(scripted(outcomes).lanes)).rejects.toThrow('No thread could look at the message');
  });
});
