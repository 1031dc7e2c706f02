import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openBucket } from '../s3/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
import type { FolderTrees } from '../trees.ts';
import { bucketTrees } from './trees.ts';

let standIn: S3StandIn;
let trees: FolderTrees;
beforeAll(async () => {
  standIn = await startS3StandIn({ pageKeys: 2 });
  trees = bucketTrees({ bucket: openBucket(accountOf(standIn), runtime), root: '' });
});
afterAll(() => standIn.close());
beforeEach(() => standIn.objects.clear());

const content = (text: string) =>
  (async function* () {
    yield new TextEncoder().encode(text);
  })();
const PLAIN = { executable: false, modifiedAt: 0 };

async function read(agent: string) {
  const found: unknown[] = [];
  for await (const entry of trees.readTree(agent)) {
    const { kind, path } = entry;
    if (kind === 'file') found.push([path, await new Response(entry.stream).text(), entry.executable]);
    else found.push([path, kind, ...(kind === 'link' ? [entry.target] : [])]);
  }
  return found;
}

it('gives what it was given, to another agent too', async () => {
  const tree = trees.writeTree('a');
  await tree.folder('empty');
  await tree.file('skills/x/run.sh', content('#!'), { ...PLAIN, executable: true });
  await tree.file('MEMORY.md', content('memory'), PLAIN);
  await tree.link('skills/way', '../MEMORY.md');
  tree.close();
  expect(await read('a')).toEqual([
    ['MEMORY.md', 'memory', false],
    ['empty', 'folder'],
    ['skills/way', 'link', '../MEMORY.md'],
    ['skills/x/run.sh', '#!', true],
  ]);
  expect(await read('b')).toEqual([]);
});

it('replaces nothing, and writes nothing outside or behind a link', async () => {
  standIn.store('agents/a/there', 'before');
  const tree = trees.writeTree('a');
  await tree.link('way', '/etc');
  const refused = [
    await tree.file('there', content('x'), PLAIN),
    await tree.file('way/x', content('x'), PLAIN),
    await tree.folder('way'),
    await tree.file('../b/x', content('x'), PLAIN),
    await tree.link('x/../../y', 'z'),
    await tree.link('far', 'z'.repeat(501)),
  ];
  expect(refused.map(({ ok }) => ok)).toEqual(refused.map(() => false));
  expect([...standIn.objects.keys()]).toEqual(['agents/a/there', 'agents/a/way']);
  expect(standIn.objects.get('agents/a/there')?.bytes.toString()).toBe('before');
});
