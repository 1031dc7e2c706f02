import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { masterKeyIdOf, openSecret, rewrapSecret, type SecretBinding, sealSecret } from './envelope.ts';
import type { MasterKey } from './master-keys.ts';

const masterKey = (id: string): MasterKey => ({ id, bytes: new Uint8Array(randomBytes(32)) });
const place: SecretBinding = {
  purpose: 'provider_key',
  owner: 'ann@example.com',
  provider: 'anthropic',
  id: 'row-1',
};
const K1 = masterKey('k1');
const K2 = masterKey('k2');
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Neither opened nor made to look sound by a rotation. */
async function refused(sealed: string, binding = place, keys: [MasterKey, ...MasterKey[]] = [K1, K2]) {
  const opened = await openSecret(sealed, binding, keys);
  const rewrapped = await rewrapSecret(sealed, binding, keys);
  expect([opened.ok, rewrapped.ok]).toEqual([false, false]);
  return opened.ok ? null : opened.reason;
}

describe('a sealed secret that was tampered with', () => {
  it('does not open with any one of its characters changed', async () => {
    const sealed = await sealSecret('sk-ant-api03-0123', place, [K1, K2]);
    for (let at = 0; at < sealed.length; at++) {
      const shift = 1 + (at % 63);
      const old = ALPHABET.indexOf(sealed.charAt(at));
      const other = old === -1 ? 'A' : ALPHABET.charAt((old + shift) % 64);
      await refused(`${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`);
    }
  });

  it('does not open with a bit changed in IV, ciphertext or tag of either layer', async () => {
    const [version, id, ...layers] = (await sealSecret('sk-ant-api03-0123', place, [K1])).split('.');
    for (const layer of [0, 1]) {
      const bytes = Buffer.from(layers[layer] ?? '', 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const text = layers.with(layer, changed.toString('base64url')).join('.');
        expect(await refused(`${version}.${id}.${text}`)).toBe('not_authentic');
      }
    }
  });

  it('does not open with the parts of another secret, be it of the same place', async () => {
    const one = (await sealSecret('first-secret', place, [K1])).split('.');
    const two = (await sealSecret('other-secret', place, [K1])).split('.');
    expect(await refused([one[0], one[1], one[2], two[3]].join('.'))).toBe('not_authentic');
    expect(await refused([one[0], one[1], two[2], one[3]].join('.'))).toBe('not_authentic');
    expect(await refused([one[0], one[1], one[3], one[2]].join('.'))).not.toBeNull();
  });

  it('does not open under the name of another master key, nor with another key of the same name', async () => {
    const sealed = await sealSecret('secret', place, [K1]);
    expect(await refused(sealed.replace('.k1.', '.k2.'))).toBe('not_authentic');
    expect(await refused(sealed, place, [masterKey('k1')])).toBe('not_authentic');
    // The id is bound as well: the very same key under another name does not do.
    expect(await refused(sealed.replace('.k1.', '.k3.'), place, [{ id: 'k3', bytes: K1.bytes }])).toBe(
      'not_authentic',
    );
  });

  it.each([
    '',
    'v1',
    'v1...',
    'v1.k1.AA.AA',
    'v2.k1.{wrapped}.{secret}',
    'v1.k1.{wrapped}.{secret}.',
    'v1.k1.{wrapped}.{secret}\n',
    'v1.k1.{wrapped}=.{secret}',
    ' v1.k1.{wrapped}.{secret}',
    'v1.K1.{wrapped}.{secret}',
    'v1.k1.{wrapped}A.{secret}',
    'v1.k1.{wrapped}.',
    'sk-ant-api03-in-clear',
  ])('is malformed as %j', async (form) => {
    const [, , wrapped = '', secret = ''] = (await sealSecret('secret', place, [K1])).split('.');
    const text = form.replace('{wrapped}', wrapped).replace('{secret}', secret);
    expect(await refused(text)).toBe('malformed');
    expect(masterKeyIdOf(text)).toBeNull();
  });

  it('is malformed or not authentic whatever text it is, and never a fault', async () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^v1\.k1\.[\w-]{80}\.[\w-]{30,60}$/));
    await fc.assert(
      fc.asyncProperty(text, async (sealed) => {
        await refused(sealed);
      }),
    );
  });
});

describe('a sealed secret in the wrong place', () => {
  it.each([
    { owner: 'eve@example.com' },
    { owner: 'ann@example.org' },
    { owner: '' },
    { provider: 'openai' },
    { id: 'row-2' },
    // The bytes of one place must not be those of another with the borders moved.
    { owner: 'ann@example.com","anthropic', provider: '' },
    { owner: 'ann@example.comanthropic', provider: '' },
    { provider: 'anthropicrow-1', id: '' },
  ])('does not open as %j', async (change) => {
    const sealed = await sealSecret('secret', place, [K1]);
    expect(await refused(sealed, { ...place, ...change })).toBe('not_authentic');
  });
});
