import type { ClientConnection } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { senderRule } from './sender-rule.ts';

const authservIds = ['mx.example.net'];
const client = (over: Partial<ClientConnection>) => ({
  client: { address: '192.0.2.1', helo: null, trusted: false, ...over },
});

describe('how a sender is found out', () => {
  it.each([
    ['a stranger', client({}), 'own_check', 'own_check'],
    ['a trusted client', client({ trusted: true }), 'client_vouches', 'own_check_then_assertion'],
    [
      'a provider that is no trusted client',
      client({ provider: 'resend' }),
      'own_check_without_spf',
      'own_check_then_assertion',
    ],
    [
      'Email Routing, which says nothing of its own at the top of the header',
      client({ provider: 'email-routing' }),
      'own_check_without_spf',
      'own_check_without_spf',
    ],
  ])('from %s', (_who, arrival, withoutIds, withIds) => {
    expect(senderRule({ ...arrival, authservIds: [] })).toBe(withoutIds);
    expect(senderRule({ ...arrival, authservIds })).toBe(withIds);
  });
});
