import { describe, expect, it } from 'vitest';
import { isLlmProvider, MAX_KEY_BYTES, parseProviderKey, providerKeyBinding } from './provider-key.ts';

const KEY = 'sk-ant-api03-Ab_9-x.y~z';

describe('the key of a provider', () => {
  it.each([KEY, `${KEY}\n`, `${KEY}\r\n`])('is taken without one line break at its end: %j', (text) => {
    expect(parseProviderKey(text)).toEqual({ ok: true, key: KEY, lastFour: '.y~z' });
  });

  it.each([
    ['', 'empty'],
    ['\n', 'empty'],
    ['\r\n', 'empty'],
    [`${KEY}\n\n`, 'line break'],
    [` ${KEY}`, 'blank'],
    [`${KEY} `, 'blank'],
    [`${KEY}\t`, 'blank'],
    [`${KEY}\n${KEY}`, 'line break'],
    [`${KEY}\u00a0`, 'blank'],
    [`${KEY}\u0000`, 'control character'],
    [`\u001b[200~${KEY}`, 'control character'],
    [`"${KEY}"`, 'no key has'],
    [`${KEY}\\`, 'no key has'],
    [`${KEY}ü`, 'no key has'],
    [`${KEY}\u200b`, 'no key has'],
    ['sk-ant-012345678'.slice(1), 'too short'],
    ['k'.repeat(MAX_KEY_BYTES + 1), 'too long'],
    ['\n'.repeat(1_000_000), 'too long'],
  ])('is refused as %j', (text, word) => {
    const parsed = parseProviderKey(text);
    if (parsed.ok) throw new Error('taken');
    expect(parsed.reason).toContain(word);
    expect(parsed.reason).not.toContain('sk-ant');
  });

  it('belongs to one row of one owner for one provider', () => {
    const row = { id: 'row', owner: 'ann@example.com', provider: 'anthropic', more: 'x' };
    expect(providerKeyBinding(row)).toEqual({
      purpose: 'provider_key',
      id: 'row',
      owner: 'ann@example.com',
      provider: 'anthropic',
    });
  });

  it.each(['', 'Anthropic', 'toString', '__proto__', 'openai'])('has no provider %j', (name) => {
    expect(isLlmProvider(name)).toBe(false);
    expect(isLlmProvider('anthropic')).toBe(true);
  });
});
