/** Behaviour suite of the port `Bucket`; every way to reach a bucket runs it. */
import type { Bucket, ObjectBody } from '@tinyfat/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** An empty bucket, and how to empty it again. */
export interface BucketFixture {
  bucket: Bucket;
  dispose(): Promise<void>;
}

/** Keys that a path, an address or XML could get wrong; in the order of their bytes. */
const ODD_KEYS = [
  'odd/ b',
  'odd/%2F',
  'odd/%zz+x&y=z?q#f',
  "odd/<a>&amp;'b'",
  'odd/A',
  'odd/a',
  'odd/a//b',
  'odd/a/',
  'odd/ü',
  'odd/\uff5e',
  'odd/\u{1f600}',
].sort((a, b) => (hexOf(a) < hexOf(b) ? -1 : 1));

export function bucketContract(name: string, make: () => Promise<BucketFixture>): void {
  describe(`Bucket: ${name}`, () => {
    let fixture: BucketFixture;
    let bucket: Bucket;
    beforeEach(async () => {
      fixture = await make();
      bucket = fixture.bucket;
    });
    afterEach(() => fixture.dispose());

    const read = async (key: string, range?: { from: number; length: number }) => {
      const opened = await bucket.get(key, range);
      if (opened === null) return null;
      const text = await textOf(opened.body);
      expect(opened.size).toBe(new TextEncoder().encode(text).length);
      return text;
    };
    const etagOf = async (key: string) => (await bucket.head(key))?.etag ?? '';
    const list = async (query: Parameters<Bucket['list']>[0]) => {
      const keys: string[] = [];
      const prefixes: string[] = [];
      let pages = 0;
      for (let after: string | null = null; ; ) {
        const page: Awaited<ReturnType<Bucket['list']>> = await bucket.list({ ...query, after });
        keys.push(...page.objects.map(({ key }) => key));
        prefixes.push(...page.prefixes);
        pages += 1;
        after = page.next;
        if (after === null) return { keys, prefixes, pages };
      }
    };
    const store = (keys: readonly string[]) => severalAtOnce(keys, (key) => bucket.put(key, key));

    it('gives back what it was given, and says the same of it in each answer', async () => {
      const before = Date.now();
      const put = await bucket.put('a/text', 'grüße', { meta: { mode: '755' } });
      const head = await bucket.head('a/text');
      expect(put).toEqual({ ok: true, etag: head?.etag });
      expect(head).toMatchObject({ size: 7, etag: expect.stringMatching(/^"[^"]+"$/) });
      expect(head?.meta).toMatchObject({ mode: '755' });
      expect(Math.abs((head?.modifiedAt ?? 0) - before)).toBeLessThan(60_000);
      const opened = await bucket.get('a/text');
      expect(await textOf(opened?.body ?? null)).toBe('grüße');
      expect(opened).toMatchObject({ ...head, modifiedAt: expect.any(Number) });
      const { objects } = await bucket.list({ prefix: 'a/' });
      expect(objects).toMatchObject([{ key: 'a/text', size: 7, etag: head?.etag }]);
    });

    it('gives back bytes as they are, also many, and a body that nobody reads does no harm', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
      await bucket.put('bytes', bytes);
      await (await bucket.get('bytes'))?.body?.cancel();
      const opened = await bucket.get('bytes');
      expect(hexOf(await bytesOf(opened?.body ?? null))).toBe(hexOf(bytes));
    });

    it('has nothing under a key that nothing was put under, and removes it without an error', async () => {
      expect(await bucket.get('none')).toBeNull();
      expect(await bucket.get('none', { from: 0, length: 5 })).toBeNull();
      expect(await bucket.head('none')).toBeNull();
      expect(await bucket.copy('none', 'other', '"0"')).toBe(false);
      await bucket.remove(['none']);
      await bucket.remove(['none', 'neither']);
      await bucket.remove([]);
      expect(await bucket.list({ prefix: 'none' })).toEqual({ objects: [], prefixes: [], next: null });
    });

    it('keeps metadata with the object that it was put with, and the hash of its content with it', async () => {
      const link = encodeURIComponent('../ü/'.repeat(70));
      await bucket.put('a', 'one', { meta: { link } });
      const sum = '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed';
      expect((await bucket.head('a'))?.meta).toEqual({ link, sha256: sum });
      await bucket.put('a', 'two');
      expect(Object.keys((await bucket.head('a'))?.meta ?? {})).toEqual(['sha256']);
    });

    it('gives parts of an object, and nothing past its end', async () => {
      await bucket.put('a', '0123456789');
      const part = (from: number, length: number) => read('a', { from, length });
      expect([await part(0, 3), await part(4, 3), await part(8, 9), await part(0, 10)]).toEqual([
        '012',
        '456',
        '89',
        '0123456789',
      ]);
      expect([await part(10, 5), await part(99, 1)]).toEqual(['', '']);
      await bucket.put('empty', '', { meta: { link: 'x' } });
      expect(await read('empty')).toBe('');
      const empty = await bucket.get('empty', { from: 0, length: 5 });
      expect([await textOf(empty?.body ?? null), empty?.size, empty?.meta.link]).toEqual(['', 0, 'x']);
    });

    it('writes what depends on a condition only where that holds', async () => {
      expect(await bucket.put('a', 'one', { only: 'absent' })).toMatchObject({ ok: true });
      const refused = { ok: false, reason: 'conflict' };
      expect(await bucket.put('a', 'two', { only: 'absent' })).toEqual(refused);
      expect(await bucket.put('a', 'two', { only: { etag: '"another"' } })).toEqual(refused);
      expect(await bucket.put('none', 'two', { only: { etag: await etagOf('a') } })).toEqual(refused);
      expect([await read('a'), await read('none')]).toEqual(['one', null]);
      const first = await etagOf('a');
      expect(await bucket.put('a', 'two', { only: { etag: first } })).toMatchObject({ ok: true });
      expect(await bucket.put('a', 'three', { only: { etag: first } })).toEqual(refused);
      expect(await read('a')).toBe('two');
    });

    it('lets one of many writers through that all depend on the same', async () => {
      const outcomes = await Promise.all(
        ['one', 'two', 'three', 'four'].map((text) => bucket.put('a', text, { only: 'absent' })),
      );
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    });

    it('copies content and metadata, over what is there, but not of a source that has changed', async () => {
      await bucket.put('a', 'one', { meta: { mode: '755' } });
      await bucket.put('b', 'before', { meta: { link: 'x' } });
      const etag = await etagOf('a');
      expect(await bucket.copy('a', 'b', etag)).toBe(true);
      expect([await read('a'), await read('b')]).toEqual(['one', 'one']);
      expect((await bucket.head('b'))?.meta).toEqual((await bucket.head('a'))?.meta);
      await bucket.put('a', 'two');
      expect(await bucket.copy('a', 'b', etag)).toBe(false);
      expect(await bucket.copy('a', 'c', etag)).toBe(false);
      expect([await read('b'), await read('c')]).toEqual(['one', null]);
    });

    it('copies what is empty, and what is large', async () => {
      await bucket.put('empty', '', { meta: { link: 'x' } });
      await bucket.put('large', 'x'.repeat(3_000_000));
      for (const key of ['empty', 'large']) {
        expect(await bucket.copy(key, `${key}-copy`, await etagOf(key))).toBe(true);
        const [source, copy] = [await bucket.head(key), await bucket.head(`${key}-copy`)];
        expect([copy?.size, copy?.meta, copy?.etag]).toEqual([source?.size, source?.meta, source?.etag]);
      }
    });

    it('takes odd keys as they are', async () => {
      for (const key of ODD_KEYS) await bucket.put(key, key);
      for (const key of ODD_KEYS) expect(await read(key)).toBe(key);
      expect((await list({ prefix: 'odd/' })).keys).toEqual(ODD_KEYS);
      const [first = '', ...others] = ODD_KEYS;
      expect(await bucket.copy(first, 'odd/copy %+ü', await etagOf(first))).toBe(true);
      expect(await read('odd/copy %+ü')).toBe(first);
      await bucket.remove([first]);
      await bucket.remove([...others, 'odd/copy %+ü']);
      expect((await list({ prefix: '' })).keys).toEqual([]);
    });

    it('reaches no other key by dots: they name themselves, or are refused', async () => {
      await bucket.put('a/b', 'x');
      const etag = await etagOf('a/b');
      const refused = (error: unknown) => expect(error).toMatchObject({ code: 'invalid', transient: false });
      for (const key of ['a/../other', 'a/./b', '../a/b', 'other/..']) {
        await bucket.copy(key, 'copy', etag).catch(refused);
        await bucket.put(key, 'y').catch(refused);
        await bucket.copy('a/b', key, etag).catch(refused);
        await bucket.remove([key]).catch(refused);
      }
      expect((await list({ prefix: '' })).keys).toEqual(['a/b']);
      expect(await read('a/b')).toBe('x');
    });

    it('lists what begins with a prefix, and once what lies behind the next delimiter', async () => {
      await store(['a', 'a/', 'a/1', 'a/2/x', 'a/2/y', 'a/3/z/z', 'ab/1', 'b']);
      expect(await bucket.list({ prefix: 'a/', delimiter: '/' })).toMatchObject({
        objects: [{ key: 'a/' }, { key: 'a/1' }],
        prefixes: ['a/2/', 'a/3/'],
        next: null,
      });
      expect((await list({ prefix: 'a/' })).keys).toEqual(['a/', 'a/1', 'a/2/x', 'a/2/y', 'a/3/z/z']);
      expect((await list({ prefix: 'A' })).keys).toEqual([]);
      const { objects, prefixes, next } = await bucket.list({ prefix: 'a', delimiter: '/', most: 2 });
      expect(objects.length + prefixes.length).toBe(2);
      expect(next).not.toBeNull();
      expect(await list({ prefix: 'a', delimiter: '/', most: 1 })).toMatchObject({
        keys: ['a'],
        prefixes: ['a/', 'ab/'],
      });
    });

    it('lists and removes more than a thousand, page by page', async () => {
      const keys = Array.from({ length: 1005 }, (_, number) => `many/${String(number).padStart(4, '0')}`);
      await store([...keys, 'other']);
      const listed = await list({ prefix: 'many/' });
      expect(listed.keys).toEqual(keys);
      expect(listed.pages).toBeGreaterThan(1);
      await bucket.remove(keys);
      expect((await list({ prefix: '' })).keys).toEqual(['other']);
    }, 120_000);
  });
}

async function bytesOf(body: ObjectBody | null): Promise<Uint8Array> {
  const bytes: number[] = [];
  const reader = body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
    for (const byte of next.value) bytes.push(byte);
  return Uint8Array.from(bytes);
}

async function textOf(body: ObjectBody | null): Promise<string> {
  return new TextDecoder().decode(await bytesOf(body));
}

/** Bytes, or those of a text in UTF-8. */
function hexOf(content: Uint8Array | string): string {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function severalAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>) {
  const left = [...items];
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, one));
}
