/**
 * One bucket, written and read by a Worker's binding and by S3: what either wrote is the same to both. Cloudflare's own
 * local R2 (Miniflare) serves the two.
 */
import { bucketFolders, bucketTrees } from '@tinyfat/storage';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAll } from '../bucket/body.ts';
import type { Bucket } from '../bucket/bucket.ts';
import { openBucket } from '../s3/bucket.ts';
import type { R2Binding, R2Stream } from './binding.ts';
import { openR2Bucket } from './bucket.ts';

const credentials = { accessKeyId: 'a-key', secretAccessKey: 'a-secret' };
const runtime = { clock: Date.now, random: () => -1 };

let miniflare: Miniflare;
let byBinding: Bucket;
let byS3: Bucket;
beforeAll(async () => {
  const options = convertV4MiniflareOptions({
    modules: true,
    script: 'export default { fetch: () => new Response() }',
    compatibilityDate: '2026-11-01',
    r2Buckets: { DATA: { id: 'data', s3Credentials: credentials } },
  });
  miniflare = new Miniflare(options);
  const url = await miniflare.ready;
  byBinding = openR2Bucket(withByteStreams(await miniflare.getR2Bucket('DATA')), runtime);
  const endpoint = `${url.origin}/cdn-cgi/local/r2/s3`;
  byS3 = openBucket({ endpoint, bucket: 'data', region: 'auto', credentials }, runtime);
}, 60_000);
afterAll(() => miniflare?.dispose());

/** Outside of Workers Miniflare's binding gives streams that are none of bytes. */
function withByteStreams(binding: Awaited<ReturnType<Miniflare['getR2Bucket']>>): R2Binding<R2Stream> {
  return {
    head: (key) => binding.head(key),
    async get(key, options) {
      const found = await binding.get(key, options);
      if (found === null || !('body' in found)) return found;
      const { size, etag, uploaded, customMetadata } = found;
      const body = (await new Response(found.body as ReadableStream).blob()).stream() as R2Stream;
      return { key, size, etag, uploaded, ...(customMetadata && { customMetadata }), body };
    },
    put: (key, value, options) => binding.put(key, value as Uint8Array, options),
    delete: (keys) => binding.delete(keys),
    list: (options) => binding.list(options),
  };
}

const META = { mode: '755', link: encodeURIComponent('../a b/ü;"=%\u{1f600}') };

it.each([
  ['the binding', () => [byBinding, byS3] as const],
  ['S3', () => [byS3, byBinding] as const],
])('what %s wrote is the same to the other: content, metadata, entity tag, listing', async (name, pair) => {
  const [writer, reader] = pair();
  const key = `agents/a/by ${name}/ü+&'.txt`;
  const put = await writer.put(key, 'grüße', { meta: META });
  const [mine, theirs] = [await writer.head(key), await reader.head(key)];
  expect(theirs?.meta).toEqual({ ...META, sha256: mine?.meta.sha256 });
  expect([theirs?.size, theirs?.etag, theirs?.meta]).toEqual([mine?.size, mine?.etag, mine?.meta]);
  // S3's times are whole seconds.
  expect(Math.abs((theirs?.modifiedAt ?? 0) - (mine?.modifiedAt ?? 0))).toBeLessThan(1000);
  const opened = await reader.get(key);
  expect(new TextDecoder().decode((await readAll(opened?.body ?? null, 99)) ?? undefined)).toBe('grüße');
  const part = await reader.get(key, { from: 5, length: 9 });
  expect(part?.size).toBe(2);
  await readAll(part?.body ?? null, 99);
  const prefix = 'agents/a/by';
  const listed = async (bucket: Bucket) =>
    (await bucket.list({ prefix })).objects.map(({ key, size, etag }) => [key, size, etag]);
  expect(await listed(reader)).toEqual(await listed(writer));
  // What one knows of it is a condition for the other.
  const etag = put.ok ? put.etag : '';
  expect(await reader.put(key, 'x', { only: 'absent' })).toMatchObject({ ok: false });
  expect(await reader.put(key, 'next', { only: { etag } })).toMatchObject({ ok: true });
  expect(await writer.put(key, 'late', { only: { etag } })).toMatchObject({ ok: false });
});

it('a copy by S3 keeps the metadata for the binding', async () => {
  await byBinding.put('from', 'x', { meta: META });
  const head = await byBinding.head('from');
  expect(await byS3.copy('from', 'to', head?.etag ?? '')).toBe(true);
  expect((await byBinding.head('to'))?.meta).toEqual(head?.meta);
});

it('programs and links of an agent are that to both', async () => {
  const folders = (bucket: Bucket) => bucketFolders({ bucket, root: '', clock: Date.now });
  const tree = bucketTrees({ bucket: byS3, root: '' }).writeTree('b');
  await tree.link('skills/x/way', '../ü');
  await folders(byBinding).write('b', 'skills/x/run.sh', '#!', { executable: true });
  for (const bucket of [byS3, byBinding]) {
    const entries = await folders(bucket).list('b', 'skills/x', 9);
    expect(entries.map(({ name, kind, executable }) => [name, kind, executable])).toEqual([
      ['run.sh', 'file', true],
      ['way', 'other', false],
    ]);
    const found: unknown[] = [];
    for await (const entry of bucketTrees({ bucket, root: '' }).readTree('b')) {
      if (entry.kind === 'file') await entry.stream.cancel();
      if (entry.kind === 'link') found.push(entry.target);
    }
    expect(found).toEqual(['../ü']);
  }
});
