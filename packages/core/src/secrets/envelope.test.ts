import { createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { masterKeyIdOf, openSecret, rewrapSecret, type SecretBinding, sealSecret } from './envelope.ts';
import type { MasterKey, MasterKeys } from './master-keys.ts';

const masterKey = (id: string): MasterKey => ({ id, bytes: new Uint8Array(randomBytes(32)) });
const place: SecretBinding = {
  purpose: 'provider_key',
  owner: 'ann@example.com',
  provider: 'anthropic',
  id: 'row-1',
};
const K1 = masterKey('k1');
const K2 = masterKey('k2');

describe('the envelope of a secret', () => {
  it.each(['sk-ant-api03-a', 'x', '', 'schlüssel 🔑', '\ufeffkey', 'k'.repeat(5000)])(
    'gives back what was sealed: %j',
    async (secret) => {
      const sealed = await sealSecret(secret, place, [K1]);
      expect(await openSecret(sealed, place, [K1])).toEqual({ ok: true, secret });
    },
  );

  it('names its version and master key, and shows nothing of the secret', async () => {
    const sealed = await sealSecret('sk-ant-visible', place, [K2, K1]);
    expect(sealed).toMatch(/^v1\.k2\.[\w-]{80}\.[\w-]+$/);
    expect(masterKeyIdOf(sealed)).toBe('k2');
    const bytes = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(bytes.join()).not.toContain('visible');
  });

  it('is what its description says: two layers of AES-256-GCM, each bound to the place', async () => {
    const sealed = await sealSecret('sk-ant-visible', place, [K1]);
    const [, , wrapped = '', ciphertext = ''] = sealed.split('.');
    const { owner, provider, id } = place;
    const dataKey = decrypt(K1.bytes, wrapped, ['v1', 'data_key', 'k1', 'provider_key', owner, provider, id]);
    expect(dataKey).toHaveLength(32);
    const secret = decrypt(dataKey, ciphertext, ['v1', 'secret', 'provider_key', owner, provider, id]);
    expect(secret.toString()).toBe('sk-ant-visible');
  });

  it('never looks the same twice, in no part of it', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => sealSecret('one', place, [K1])));
    const parts = all.map((sealed) => sealed.split('.'));
    // The IVs alone are 16 characters each.
    for (const column of [2, 3]) {
      const ivs = parts.map((part) => part[column]?.slice(0, 16));
      expect(new Set(ivs).size).toBe(50);
    }
  });

  it('opens with any of the master keys that there are', async () => {
    const sealed = await sealSecret('one', place, [K1]);
    expect(await openSecret(sealed, place, [K2, K1])).toEqual({ ok: true, secret: 'one' });
    expect(await openSecret(sealed, place, [K2])).toEqual({ ok: false, reason: 'unknown_master_key' });
  });

  it('is wrapped anew without its ciphertext being touched, and then needs the new master key only', async () => {
    const sealed = await sealSecret('one', place, [K1]);
    const rewrapped = await rewrapSecret(sealed, place, [K2, K1]);
    if (!rewrapped.ok) throw new Error(rewrapped.reason);
    expect(masterKeyIdOf(rewrapped.sealed)).toBe('k2');
    expect(rewrapped.sealed.split('.')[3]).toBe(sealed.split('.')[3]);
    expect(rewrapped.sealed.split('.')[2]).not.toBe(sealed.split('.')[2]);
    expect(await openSecret(rewrapped.sealed, place, [K2])).toEqual({ ok: true, secret: 'one' });
    expect(await openSecret(rewrapped.sealed, place, [K1])).toMatchObject({ ok: false });
  });

  it('can be wrapped anew many times', async () => {
    let keys: MasterKeys = [masterKey('r0')];
    let sealed = await sealSecret('one', place, keys);
    for (let round = 1; round <= 5; round++) {
      keys = [masterKey(`r${round}`), ...keys];
      const rewrapped = await rewrapSecret(sealed, place, keys);
      if (!rewrapped.ok) throw new Error(rewrapped.reason);
      sealed = rewrapped.sealed;
    }
    expect(await openSecret(sealed, place, [keys[0]])).toEqual({ ok: true, secret: 'one' });
  });
});

/** Another implementation's reading of one layer: IV, ciphertext, tag. */
function decrypt(key: Uint8Array, layer: string, place: string[]): Buffer {
  const bytes = Buffer.from(layer, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(JSON.stringify(place)));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}
