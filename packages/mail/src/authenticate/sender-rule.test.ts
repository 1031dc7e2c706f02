import { describe, expect, it } from 'vitest';
import { senderRule } from './sender-rule.ts';

const ids = ['mx.example.net'];

describe('how a sender is found out', () => {
  it.each([
    ['a stranger', { trusted: false, relayed: false }, 'own_check', 'own_check'],
    ['a trusted client', { trusted: true, relayed: true }, 'client_vouches', 'own_check_then_assertion'],
    [
      'a provider that is no trusted client',
      { trusted: false, relayed: true },
      'own_check_without_spf',
      'own_check_then_assertion',
    ],
  ])('from %s', (_who, arrival, withoutIds, withIds) => {
    expect(senderRule(arrival, [])).toBe(withoutIds);
    expect(senderRule(arrival, ids)).toBe(withIds);
  });
});
