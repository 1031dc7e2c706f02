import { describe, expect, it } from 'vitest';
import { type Cap, capSentence, capState, grantFrom } from './room.ts';

const cap = (change: Partial<Cap>): Cap => ({
  scope: 'owner',
  monthly: 100,
  spent: 0,
  reserved: 0,
  ...change,
});

describe('setting money aside', () => {
  it('gives what is wanted where nothing caps it', () => {
    expect(grantFrom([], 5, false)).toEqual({ ok: true, microUsd: 5 });
  });

  it('is bound by the tighter of two caps', () => {
    const caps = [cap({ spent: 10 }), cap({ scope: 'agent', monthly: 50, spent: 20 })];
    expect(grantFrom(caps, 30, false)).toEqual({ ok: true, microUsd: 30 });
    expect(grantFrom(caps, 31, false)).toEqual({ ok: false, cap: caps[1], held: false });
    expect(grantFrom(caps, 31, true)).toEqual({ ok: true, microUsd: 30 });
  });

  it('does not give what others hold, and says that it is only held', () => {
    const caps = [cap({ spent: 10, reserved: 80 })];
    expect(grantFrom(caps, 10, false)).toEqual({ ok: true, microUsd: 10 });
    expect(grantFrom(caps, 11, false)).toEqual({ ok: false, cap: caps[0], held: true });
    expect(grantFrom(caps, 11, true)).toEqual({ ok: true, microUsd: 10 });
    expect(grantFrom([cap({ reserved: 200 })], 1, true)).toEqual({ ok: true, microUsd: 0 });
  });

  it.each([100, 101])('gives nothing of a cap of 100 with %d spent, not even partly', (spent) => {
    expect(grantFrom([cap({ spent })], 1, true)).toMatchObject({ ok: false, held: false });
    expect(grantFrom([cap({ monthly: 0 })], 0, true)).toMatchObject({ ok: false });
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
