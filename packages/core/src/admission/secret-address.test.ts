import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { agentRecipient } from './recipient.ts';
import { newSecretToken, secretTokenHash } from './secret-address.ts';

describe('the token of a secret address', () => {
  it('is a tag that survives the way through an address, in any spelling', async () => {
    const token = newSecretToken(randomBytes);
    expect(token).toMatch(/^[a-z2-9]{26}$/);
    const recipient = agentRecipient(`Scout+${token.toUpperCase()}@agents.example`, 'agents.example');
    expect(recipient).toMatchObject({ ok: true, agent: 'scout', tag: token });
    expect(await secretTokenHash(token.toUpperCase())).toBe(await secretTokenHash(token));
  });

  it('takes nothing from bytes that would favour some characters', () => {
    const bytes = [255, 250, 248, 0, 30, 31, 247];
    const token = newSecretToken((count) => Uint8Array.from({ length: count }, (_, i) => bytes[i % 7] ?? 0));
    expect(new Set(token)).toEqual(new Set(['a', '9']));
  });
});
