import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rawMailDirectory } from './raw-mail.ts';

describe('raw mail on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-raw-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('gives back exactly the bytes, also to a second opener', async () => {
    const raw = new Uint8Array([0, 13, 10, 255, 46, 13, 10]);
    await rawMailDirectory(folder).put('0199aabb-key-1', raw);
    expect(new Uint8Array(await rawMailDirectory(folder).get('0199aabb-key-1'))).toEqual(raw);
  });

  it('keeps many that arrive at once', async () => {
    const store = rawMailDirectory(folder);
    const keys = Array.from({ length: 64 }, (_, index) => `mail-${index}`);
    await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));
    for (const key of keys) expect(String(await store.get(key))).toBe(key);
  });

  it('takes no key that could name another file', async () => {
    const store = rawMailDirectory(folder);
    for (const key of ['../../etc/passwd', 'a/b/c/d', 'UPPER', '']) {
      await expect(store.put(key, Buffer.from('x'))).rejects.toThrow(/not a raw mail key/);
      await expect(store.get(key)).rejects.toThrow(/not a raw mail key/);
    }
  });
});
