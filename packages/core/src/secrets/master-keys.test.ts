import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatMasterKeys, newMasterKey, parseMasterKeys } from './master-keys.ts';

const A = Buffer.from(Array.from({ length: 32 }, (_, index) => 200 + index));
const B = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const text = (bytes: Buffer) => bytes.toString('base64');

describe('a list of master keys', () => {
  it('has the current one first', () => {
    const parsed = parseMasterKeys(` k2:${text(A)}, k1:${text(B)} `);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.keys.map(({ id, bytes }) => [id, Buffer.from(bytes)])).toEqual([
      ['k2', A],
      ['k1', B],
    ]);
  });

  it.each([text(A), text(A).replace('=', ''), A.toString('base64url'), `${A.toString('base64url')}=`])(
    'takes base64 and base64url, padded or not: %s',
    (key) => {
      expect(parseMasterKeys(`k:${key}`)).toMatchObject({ ok: true });
    },
  );

  it('is written as it is read', () => {
    const made = newMasterKey(randomBytes);
    const parsed = parseMasterKeys(formatMasterKeys([made, { id: 'k1', bytes: new Uint8Array(B) }]));
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.keys.map(({ id }) => id)).toEqual([made.id, 'k1']);
    expect(Buffer.from(parsed.keys[0].bytes).equals(Buffer.from(made.bytes))).toBe(true);
  });

  it('gives a made key a name that no other one has', () => {
    const made = Array.from({ length: 200 }, () => newMasterKey(randomBytes).id);
    expect(new Set(made).size).toBe(200);
    for (const id of made) expect(id).toMatch(/^g[0-9a-f]{10}$/);
  });
});

describe('a list of master keys that can’t be used', () => {
  it.each([
    ['', 1, 'no colon'],
    [text(A), 1, 'no colon'],
    [`k1:${text(A)},`, 2, 'no colon'],
    [`k1:${text(A)},,k2:${text(B)}`, 2, 'no colon'],
    [`K1:${text(A)}`, 1, 'id'],
    [`:${text(A)}`, 1, 'id'],
    [`${text(A)}:k1`, 1, 'id'],
    [`k1:${text(A)},k${'2'.repeat(16)}:${text(B)}`, 2, 'id'],
    ['k1:', 1, '0 bytes'],
    [`k1:${text(A.subarray(1))}`, 1, '31 bytes'],
    [`k1:${text(Buffer.concat([A, A]))}`, 1, '64 bytes'],
    [`k1:${A.toString('hex')}`, 1, '48 bytes'],
    [`k1:${text(A).replace('y', '!')}`, 1, 'base64'],
    [`k1:${text(A)}=`, 1, 'base64'],
    [`k1:${text(A).slice(0, 10)} ${text(A).slice(10)}`, 1, 'base64'],
    // A last character with bits that no byte uses would be a second text for the same key.
    [`k1:${text(B).replace(/.=$/, '9=')}`, 1, 'base64'],
    [`k1:${text(Buffer.alloc(32))}`, 1, 'random'],
    [`k1:${text(A)},k1:${text(B)}`, 2, 'this id'],
    [`k1:${text(A)},k2:${A.toString('base64url')}`, 2, 'this key'],
  ])('%j is refused for its entry %i', (list, entry, word) => {
    const parsed = parseMasterKeys(list);
    if (parsed.ok) throw new Error('taken');
    expect(parsed.reason).toContain(`entry ${entry}:`);
    expect(parsed.reason).toContain(word);
    for (const part of list.split(/[,: ]/).filter((one) => one.length > 4)) {
      expect(parsed.reason).not.toContain(part);
    }
  });
});
