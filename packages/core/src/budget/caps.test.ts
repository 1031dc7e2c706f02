import { describe, expect, it } from 'vitest';
import { type Cap, capSentence, capState, grantFrom, monthOf } from './caps.ts';

const cap = (change: Partial<Cap>): Cap => ({
  scope: 'owner',
  monthly: 100,
  spent: 0,
  reserved: 0,
  ...change,
});

const grant = (caps: Cap[], more: number, partly: boolean) => grantFrom(caps, { more, whole: more, partly });

describe('setting money aside', () => {
  it('gives what is wanted where nothing caps it', () => {
    expect(grant([], 5, false)).toEqual({ ok: true, microUsd: 5 });
  });

  it('is bound by the tighter of two caps', () => {
    const caps = [cap({ spent: 10 }), cap({ scope: 'agent', monthly: 50, spent: 20 })];
    expect(grant(caps, 30, false)).toEqual({ ok: true, microUsd: 30 });
    expect(grant(caps, 31, false)).toEqual({ ok: false, cap: caps[1], held: false });
    expect(grant(caps, 31, true)).toEqual({ ok: true, microUsd: 30 });
  });

  it('does not give what others hold, and says that it is only held', () => {
    const caps = [cap({ spent: 10, reserved: 80 })];
    expect(grant(caps, 10, false)).toEqual({ ok: true, microUsd: 10 });
    expect(grant(caps, 11, false)).toEqual({ ok: false, cap: caps[0], held: true });
    expect(grant(caps, 11, true)).toEqual({ ok: true, microUsd: 10 });
    expect(grant([cap({ reserved: 200 })], 1, true)).toEqual({ ok: true, microUsd: 0 });
  });

  it('tells what never fits from what is held by others, whatever the asker holds itself', () => {
    const caps = [cap({ spent: 10, reserved: 60 })];
    expect(grantFrom(caps, { more: 40, whole: 90, partly: false })).toMatchObject({ ok: false, held: true });
    expect(grantFrom(caps, { more: 30, whole: 90, partly: false })).toEqual({ ok: true, microUsd: 30 });
    // It holds all of it itself, so nobody gives anything back.
    expect(grantFrom(caps, { more: 31, whole: 91, partly: false })).toMatchObject({ ok: false, held: false });
    // What others hold may turn out cheaper, but not than nothing.
    expect(grantFrom(caps, { more: 41, whole: 91, partly: false })).toMatchObject({ ok: false, held: true });
    expect(grantFrom(caps, { more: 51, whole: 101, partly: false })).toMatchObject({
      ok: false,
      held: false,
    });
  });

  it('lets a turn begin with nothing while something is under way that may give back', () => {
    expect(grant([cap({ spent: 100, reserved: 5 })], 1, true)).toEqual({ ok: true, microUsd: 0 });
  });

  it.each([100, 101])('gives nothing of a cap of 100 with %d spent, not even partly', (spent) => {
    expect(grant([cap({ spent })], 1, true)).toMatchObject({ ok: false, held: false });
    expect(grant([cap({ monthly: 0 })], 0, true)).toMatchObject({ ok: false });
  });
});

it('a cap is low from four fifths on, and exhausted at its end', () => {
  expect([79, 80, 99, 100, 120].map((spent) => capState({ monthly: 100, spent }))).toEqual([
    'ok',
    'low',
    'low',
    'exhausted',
    'exhausted',
  ]);
  expect(capState({ monthly: 0, spent: 0 })).toBe('exhausted');
});

it('says whose budget it is, and what is left', () => {
  const amounts = { monthly: 10_000_000, spent: 9_950_000 };
  expect(capSentence(cap({ scope: 'agent', ...amounts }))).toBe(
    'The budget of this agent is $10.00 a month, and $0.05 of it is left.',
  );
  expect(capSentence(cap({ ...amounts, spent: 11_000_000 }))).toContain('share is $10.00 a month, and $0.00');
});

it.each([
  ['2026-11-30T23:59:59.999Z', '2026-11-01', '2026-12-01'],
  ['2026-12-01T00:00:00.000Z', '2026-12-01', '2027-01-01'],
  ['2028-02-29T12:00:00.000Z', '2028-02-01', '2028-03-01'],
  ['2026-06-01T01:00:00.000+02:00', '2026-05-01', '2026-06-01'],
])('%s is of the month from %s to %s, in UTC', (at, from, until) => {
  expect(monthOf(Date.parse(at))).toEqual({ from: Date.parse(from), until: Date.parse(until) });
});
