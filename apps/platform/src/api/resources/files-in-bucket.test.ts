/** Files and sessions where folders are objects of a bucket, as on Cloudflare. */
import { bucketFolders, bucketTrees, openBucket } from '@tinyfat/storage';
import { readTar } from '@tinyfat/storage/tar';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';

const SESSION = '01990000-0000-7000-8000-9f3a00000001';

let standIn: S3StandIn;
let api: ApiFixture;
beforeAll(async () => {
  standIn = await startS3StandIn();
  const { url: endpoint, bucket: name, accessKeyId, secretAccessKey } = standIn;
  const credentials = { accessKeyId, secretAccessKey };
  const account = { endpoint, region: 'auto', bucket: name, credentials };
  const bucket = openBucket(account, { clock: Date.now, random: () => -1 });
  const folders = bucketFolders({ bucket, root: '', clock: Date.now });
  const { readTree } = bucketTrees({ bucket, root: '' });
  api = await openApi({
    folders: { ...folders, readTree },
    folderQuotaBytes: 1000,
    archiveBounds: { bytes: 1000, entries: 8 },
  });
  await api.addAgent('scout', ANN);
  await folders.create('scout', { 'MEMORY.md': '# scout\n', 'config.json': '{"model":"haiku"}' });
  await bucket.put('agents/scout/link', '', { meta: { link: encodeURIComponent('/etc/passwd') } });
});
afterAll(async () => {
  await api.dispose();
  await standIn.close();
});
const ann = (method: string, path: string, body?: unknown, headers = {}) =>
  api.person(ANN).call(method, `/agents/scout${path}`, { body, headers });

it('are put, seen, replaced when told to, and removed', async () => {
  const bytes = new TextEncoder().encode('one\n');
  expect((await ann('PUT', '/files/data/a.txt', bytes)).json).toMatchObject({ bytes: 4 });
  expect((await ann('PUT', '/files/data/a.txt', bytes)).json.detail).toContain('already');
  expect((await ann('PUT', '/files/data/a.txt?replace=true', new Uint8Array([0x32]))).status).toBe(200);
  expect((await ann('GET', '/view/data/a.txt')).json).toMatchObject({ kind: 'file', size: 1, text: '2' });
  expect((await ann('GET', '/view/data')).json.kind).toBe('folder');
  expect((await ann('GET', '/view/link')).json.kind).toBe('other');
  expect((await ann('PUT', '/files/data', bytes)).json.detail).toContain('is a folder');
  const long = Array(5).fill('x'.repeat(250)).join('/');
  expect((await ann('PUT', `/files/${long}`, bytes)).status).toBe(400);
  expect((await ann('PUT', '/files/b', new Uint8Array(2000))).json.detail).toContain('would hold more');
  expect((await ann('DELETE', '/files/data/a.txt')).status).toBe(204);
  expect((await ann('GET', '/view/data/a.txt')).status).toBe(404);
});

it('are edited with a look at what they are now', async () => {
  const etag = (await ann('GET', '/config')).headers.get('etag') ?? '';
  expect(
    (await ann('PUT', '/config', '{"model":"opus"}', { 'if-match': etag, 'content-type': 'text/plain' }))
      .status,
  ).toBe(200);
  expect((await ann('PUT', '/config', '{}', { 'if-match': etag, 'content-type': 'text/plain' })).status).toBe(
    412,
  );
});

it('come as one archive, within its bounds', async () => {
  const answer = await api.raw(await api.token(ANN, 'read'), '/agents/scout/archive');
  const found = new Map<string, string>();
  for await (const { header, content } of readTar(answer.body ?? new ReadableStream())) {
    const pieces = [];
    for await (const piece of content) pieces.push(piece);
    found.set(header.path, Buffer.concat(pieces).toString());
  }
  expect(found.get('scout/MEMORY.md')).toBe('# scout\n');
  expect(found.get('scout.left-out.txt')).toContain('"link": it is a link.');
  expect(found.get('scout.left-out.txt')).toContain('after the first 8 entries');
});

it('are sessions with what was said in them', async () => {
  const line = `${JSON.stringify({ type: 'message', message: { role: 'user', content: 'Hello' } })}\n`;
  await api.folders.create('scout', {});
  await api.deps.folders.write(
    'scout',
    `sessions/2026-11-27T12-00-00-000Z_${SESSION}.jsonl`,
    line.repeat(2000),
  );
  expect((await ann('GET', '/sessions')).json.data).toMatchObject([{ id: SESSION, first_line: 'Hello' }]);
  const said = (await ann('GET', `/sessions/${SESSION}/transcript`)).json;
  expect(said.data).toHaveLength(25);
  const more = (await ann('GET', `/sessions/${SESSION}/transcript?cursor=${said.next_cursor}`)).json;
  expect(more.data[0].cursor).toBe(said.next_cursor);
  expect((await ann('PUT', `/sessions/${SESSION}/current`)).json.scopes).toEqual(['agent']);
});
