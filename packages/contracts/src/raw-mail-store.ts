/** Behaviour suite of the `RawMailStore` port; every implementation runs it. */
import type { RawMailStore } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A fresh place, a store over it, and a second one over the same place. */
export interface RawMailStoreFixture {
  store: RawMailStore;
  second: RawMailStore;
  dispose(): Promise<void>;
}

export function rawMailStoreContract(name: string, make: () => Promise<RawMailStoreFixture>): void {
  describe(`RawMailStore: ${name}`, () => {
    let fixture: RawMailStoreFixture;
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(() => fixture.dispose());

    it('gives back exactly the bytes, also to another opener', async () => {
      const raw = new Uint8Array([0, 13, 10, 255, 46, 13, 10]);
      await fixture.store.put('0199aabb-key-1', raw);
      expect(new Uint8Array(await fixture.second.get('0199aabb-key-1'))).toEqual(raw);
    });

    it('streams exactly the bytes, and can be left in the middle', async () => {
      const raw = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251);
      await fixture.store.put('a-long-mail', raw);
      const { size, stream } = await fixture.second.stream('a-long-mail');
      expect(size).toBe(raw.length);
      expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(raw);
      const left = (await fixture.second.stream('a-long-mail')).stream.getReader();
      await left.read();
      await left.cancel();
    });

    it('replaces what was put under the same key', async () => {
      await fixture.store.put('same-key', new TextEncoder().encode('one'));
      await fixture.store.put('same-key', new TextEncoder().encode('two'));
      expect(new TextDecoder().decode(await fixture.store.get('same-key'))).toBe('two');
    });

    it('keeps many that arrive at once', async () => {
      const keys = Array.from({ length: 64 }, (_, index) => `mail-${index}`);
      await Promise.all(keys.map((key) => fixture.store.put(key, new TextEncoder().encode(key))));
      for (const key of keys) expect(new TextDecoder().decode(await fixture.store.get(key))).toBe(key);
    });

    it('takes away what is not wanted, and what was never there', async () => {
      await fixture.store.put('unwanted', new Uint8Array(1));
      await fixture.store.remove('unwanted');
      await fixture.store.remove('unwanted');
      await expect(fixture.second.get('unwanted')).rejects.toThrow();
    });

    it('rejects for a key that holds nothing', async () => {
      await expect(fixture.store.get('no-such-mail')).rejects.toThrow();
      await expect(fixture.store.stream('no-such-mail')).rejects.toThrow();
    });

    it('takes no key that could name something else', async () => {
      for (const key of ['../../etc/passwd', 'a/b/c/d', 'UPPER', '']) {
        await expect(fixture.store.put(key, new Uint8Array(1))).rejects.toThrow(/not a raw mail key/);
        await expect(fixture.store.get(key)).rejects.toThrow(/not a raw mail key/);
        await expect(fixture.store.stream(key)).rejects.toThrow(/not a raw mail key/);
        await expect(fixture.store.remove(key)).rejects.toThrow(/not a raw mail key/);
      }
    });
  });
}
