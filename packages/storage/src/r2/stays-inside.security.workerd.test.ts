/** No id and no path of anybody leads out of `agents/{id}/`: every key that R2 is asked for is recorded. */
import type { ReadableStream as WorkersStream } from '@cloudflare/workers-types';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketFolders } from '../bucket/folders.ts';
import { bucketMeter } from '../bucket/meter.ts';
import { bucketTrees } from '../bucket/trees.ts';
import { binding, empty, runtime, bucket as working } from '../test-support/r2.ts';
import { openR2Bucket } from './bucket.ts';

const asked: string[] = [];
const recorded = openR2Bucket<WorkersStream>(
  {
    head: (key) => binding.head(note(key)),
    get: (key, options) => binding.get(note(key), options),
    put: (key, value, options) => binding.put(note(key), value, options),
    delete: (keys) => binding.delete(keys.map(note)),
    list: (options) => {
      note(options.prefix);
      return binding.list(options);
    },
  },
  runtime,
);

function note(key: string): string {
  asked.push(key);
  return key;
}

const folders = bucketFolders({ bucket: recorded, root: '', clock: Date.now });
const trees = bucketTrees({ bucket: recorded, root: '' });
const measure = bucketMeter({ bucket: recorded, root: '' });

const IDS = [
  '',
  '.',
  '..',
  '../agent-b',
  'agent-b/..',
  'agent-a/',
  '/agent-a',
  'Agent-A',
  'agent-a\0',
  'ａgent',
  'x'.repeat(65),
  'agent-b\n',
];
const PATHS = [
  '..',
  '../agent-b/MEMORY.md',
  'a/../../agent-b/MEMORY.md',
  'a/./b',
  '/agents/agent-b/MEMORY.md',
  'a//b',
  'a/',
  '',
  'a\0/../../agent-b/x',
  'a\nb',
  'a\ud800',
  Array.from({ length: 17 }, () => 'deep').join('/'),
  'x'.repeat(256),
  Array.from({ length: 6 }, () => 'x'.repeat(200)).join('/'),
];

beforeEach(async () => {
  await working.put('agents/agent-b/MEMORY.md', 'of b');
  await working.put('agents/agent-b/outbox/email/x', 'of b');
  await folders.create('agent-a', { 'MEMORY.md': 'of a' });
  asked.length = 0;
});
afterEach(empty);

const outside = () => asked.filter((key) => !/^agents\/agent-a\/(?!.*(?:^|\/)\.{1,2}(?:\/|$))/.test(key));
const contentOfB = async () =>
  (await working.list({ prefix: 'agents/agent-b' })).objects.map(({ key, etag }) => [key, etag]);

/** All that is done by a path; the outcome does not matter here, but that it is none or a refusal. */
const byPath: Record<string, (id: string, path: string) => Promise<unknown>> = {
  create: (id, path) => folders.create(id, { [path]: 'x' }),
  list: (id, path) => folders.list(id, path, 10),
  read: (id, path) => folders.read(id, path, 10),
  readFrom: (id, path) => folders.readFrom(id, path, 0, 10),
  stream: (id, path) => folders.stream(id, path, 10),
  write: (id, path) => folders.write(id, path, 'x'),
  'move from': (id, path) => folders.move(id, path, 'stolen'),
  'move to': (id, path) => folders.move(id, 'MEMORY.md', path),
  'set aside': (id, path) => folders.setAside(id, path, 'aside', []),
  'set aside to': (id, path) => folders.setAside(id, 'outbox/email', path, []),
  unlink: (id, path) => folders.unlink(id, path),
  removeFolder: (id, path) => folders.removeFolder(id, path),
};

describe.each(Object.entries(byPath))('%s', (name, act) => {
  it('asks for nothing by an id that is none', async () => {
    for (const id of IDS) await expect(act(id, 'MEMORY.md')).rejects.toThrow(/not an agent id/);
    expect(asked).toEqual([]);
  });

  it('leaves the folder by no path', async () => {
    const before = await contentOfB();
    for (const path of PATHS) {
      // The root of a folder may be listed.
      if (name === 'list' && path === '') continue;
      const outcome = await act('agent-a', path).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome.message).toMatch(/not a path/);
      else expect(outcome).toMatchObject({ ok: false, reason: 'bad_path' });
    }
    expect(outside()).toEqual([]);
    expect(await contentOfB()).toEqual(before);
  });
});

it('removes and measures one agent only', async () => {
  for (const id of IDS) {
    await expect(folders.remove(id)).rejects.toThrow(/not an agent id/);
    expect(() => measure(id, 1)).toThrow(/not an agent id/);
  }
  await working.put('agents/agent-a-b/x', 'of another');
  expect(await measure('agent-a', 1e9)).toBe(4);
  await folders.remove('agent-a');
  expect(outside()).toEqual([]);
  expect((await working.head('agents/agent-a-b/x'))?.size).toBe(10);
});

describe('an archive', () => {
  it('plants nothing outside, whatever its entries are called', async () => {
    const tree = trees.writeTree('agent-a');
    const content = async function* () {
      yield new Uint8Array(1);
    };
    for (const path of PATHS) {
      expect(await tree.file(path, content(), { executable: true, modifiedAt: 0 })).toMatchObject({
        ok: false,
      });
      expect(await tree.folder(path)).toMatchObject({ ok: false });
      expect(await tree.link(path, '../agent-b')).toMatchObject({ ok: false });
    }
    expect(asked).toEqual([]);
  });
});

describe('keys that somebody else made in the bucket', () => {
  const STRANGE = [
    'agents/agent-a/../agent-b/y',
    'agents/agent-a/a//b',
    'agents/agent-a/./c',
    'agents/agent-a/d\0e',
  ];
  beforeEach(async () => {
    for (const key of STRANGE) await working.put(key, 'x');
  });

  it('are no files: not listed by a name that leads away, and left out of archives', async () => {
    const names = (await folders.list('agent-a', '', 99)).map(({ name }) => name);
    expect(names.filter((name) => ['..', '.', ''].includes(name) || name.includes('\0'))).toEqual([]);
    const left: string[] = [];
    for await (const entry of trees.readTree('agent-a')) {
      if (entry.kind === 'left_out') left.push(entry.path);
      else if (entry.kind === 'file') await entry.stream.cancel();
    }
    expect(left.sort()).toEqual(['../agent-b/y', './c', 'a//b', 'd\0e'].sort());
  });

  it('lead nowhere in the plan of what is set aside', async () => {
    const plan = [['../../../agent-b/MEMORY.md', (await working.head('agents/agent-b/MEMORY.md'))?.etag]];
    await working.put('agents/agent-a/outbox/failed/x/', JSON.stringify(plan));
    await folders.setAside('agent-a', 'outbox/email', 'outbox/failed/x', []);
    expect(outside()).toEqual([]);
    expect((await working.head('agents/agent-b/MEMORY.md'))?.size).toBe(4);
  });
});

it('a link is an object that says so: none is followed', async () => {
  const tree = trees.writeTree('agent-a');
  await tree.link('way', '../agent-b');
  tree.close();
  expect(await folders.read('agent-a', 'way', 10)).toMatchObject({ ok: false, reason: 'not_a_file' });
  expect(await folders.read('agent-a', 'way/MEMORY.md', 10)).toMatchObject({ ok: false, reason: 'missing' });
  await expect(folders.write('agent-a', 'way/x', 'x')).rejects.toThrow(/no folder/);
  expect(outside()).toEqual([]);
});
