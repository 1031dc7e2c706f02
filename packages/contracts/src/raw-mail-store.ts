/** Behaviour suite of the `RawMailStore` port; every implementation runs it. */
import type { RawMailStore, RawMailSweep } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A fresh place, a store over it, and a second one over the same place. */
export interface RawMailStoreFixture {
  store: RawMailStore;
  second: RawMailStore;
  /** Leaves behind what a `put` under this key leaves that dies in its middle; null where that is nothing. */
  breakOff: ((key: string) => Promise<void>) | null;
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

    it('stores many that arrive at once', async () => {
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

    it('rejects for a key without a message', async () => {
      await expect(fixture.store.get('no-such-mail')).rejects.toThrow();
      await expect(fixture.store.stream('no-such-mail')).rejects.toThrow();
    });

    describe('sweep', () => {
      const later = Number.MAX_SAFE_INTEGER;
      const soon = new AbortController().signal;
      const removed: { key: string; kind: string; bytes: number }[] = [];
      const rule = (named: readonly string[], change: Partial<RawMailSweep> = {}): RawMailSweep => ({
        unfinishedBefore: later,
        unnamedBefore: later,
        mostUnnamed: 1000,
        named: async (keys) => new Set(keys.filter((key) => named.includes(key))),
        onRemoved: (one) => removed.push(one),
        ...change,
      });
      const there = async (key: string) =>
        await fixture.second.get(key).then(
          () => true,
          () => false,
        );
      beforeEach(() => {
        removed.length = 0;
      });

      it('removes messages that no row names, and unfinished ones, and reports each', async () => {
        await fixture.store.put('named-01', new Uint8Array(5));
        await fixture.store.put('left-over', new Uint8Array(7));
        await fixture.breakOff?.('broken-off');
        const unfinished = fixture.breakOff ? [['broken-off', 'unfinished']] : [];
        expect(await fixture.store.sweep(rule(['named-01']), soon)).toEqual({
          seen: 2 + unfinished.length,
          unnamed: 1,
        });
        expect(removed).toContainEqual({ key: 'left-over', kind: 'unnamed', bytes: 7 });
        expect(removed.map(({ key, kind }) => [key, kind]).toSorted()).toEqual([
          ...unfinished,
          ['left-over', 'unnamed'],
        ]);
        expect([await there('named-01'), await there('left-over')]).toEqual([true, false]);
        expect(await fixture.store.sweep(rule(['named-01']), soon)).toEqual({ seen: 1, unnamed: 0 });
      });

      it('removes nothing that is too young, named or not', async () => {
        await fixture.store.put('on-its-way', new Uint8Array(1));
        await fixture.breakOff?.('being-written');
        await fixture.store.sweep(rule([], { unfinishedBefore: 0, unnamedBefore: 0 }), soon);
        expect([removed, await there('on-its-way')]).toEqual([[], true]);
        await fixture.store.sweep(rule([], { unnamedBefore: 0 }), soon);
        expect(removed.map(({ key }) => key)).toEqual(fixture.breakOff ? ['being-written'] : []);
      });

      it('removes nothing whose row comes while it looks', async () => {
        await fixture.store.put('late-row', new Uint8Array(1));
        let asked = 0;
        const named = async (keys: readonly string[]) => {
          asked += 1;
          return new Set(asked === 1 ? [] : keys);
        };
        await fixture.store.sweep(rule([], { named }), soon);
        expect([removed, await there('late-row')]).toEqual([[], true]);
      });

      it('removes no message where more are in no row than a crash leaves', async () => {
        const keys = Array.from({ length: 12 }, (_, index) => `message-${index}`);
        for (const key of keys) await fixture.store.put(key, new Uint8Array(1));
        await fixture.breakOff?.('broken-off');
        const unfinished = fixture.breakOff ? ['broken-off'] : [];
        expect(await fixture.store.sweep(rule([], { mostUnnamed: 11 }), soon)).toEqual({
          seen: 12 + unfinished.length,
          unnamed: 12,
        });
        expect(removed.map(({ key }) => key)).toEqual(unfinished);
      });

      it('asks about few messages at once, and ends when it is aborted', async () => {
        const keys = Array.from({ length: 300 }, (_, index) => `message-${index}-01`);
        await Promise.all(keys.map((key) => fixture.store.put(key, new Uint8Array(1))));
        const stop = new AbortController();
        const asked: number[] = [];
        const named = async (some: readonly string[]) => {
          asked.push(some.length);
          if (asked.length === 2) stop.abort();
          return new Set<string>();
        };
        const { seen } = await fixture.store.sweep(rule([], { named }), stop.signal);
        expect(Math.max(...asked)).toBeLessThanOrEqual(100);
        expect(seen).toBeLessThan(300);
        expect(removed).toEqual([]);
      });

      it('passes on what the database says when it can not be asked, and removes nothing then', async () => {
        await fixture.store.put('left-over', new Uint8Array(1));
        const named = () => Promise.reject(new Error('no database'));
        await expect(fixture.store.sweep(rule([], { named }), soon)).rejects.toThrow('no database');
        expect(await there('left-over')).toBe(true);
      });
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
