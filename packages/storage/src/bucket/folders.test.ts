import { agentFoldersContract } from '@tinyfat/contracts';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBucket } from '../s3/bucket.ts';
import { accountOf, runtime } from '../test-support/s3.ts';
import { bucketFolders } from './folders.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  // Small pages, so that every listing has several.
  standIn = await startS3StandIn({ pageKeys: 2 });
});
afterAll(() => standIn.close());

const open = () =>
  bucketFolders({ bucket: openBucket(accountOf(standIn), runtime), root: 'here/', clock: Date.now });

agentFoldersContract('s3', async () => ({
  folders: open(),
  async dispose() {
    standIn.objects.clear();
    standIn.meet(() => null);
  },
}));

describe('agents’ folders on S3', () => {
  it('keeps files under keys that are their paths', async () => {
    const folders = open();
    await folders.create('agent-a', { 'MEMORY.md': '# Memory\n' });
    await folders.write('agent-a', "notes/a b+c%&'(ü).txt", 'x');
    expect([...standIn.objects.keys()]).toContain("here/agents/agent-a/notes/a b+c%&'(ü).txt");
    expect((await folders.list('agent-a', 'notes', 9)).map(({ name }) => name)).toEqual(["a b+c%&'(ü).txt"]);
    await folders.move('agent-a', "notes/a b+c%&'(ü).txt", 'notes/<y>');
    await folders.unlink('agent-a', 'notes/<y>');
    expect(await folders.list('agent-a', 'notes', 9)).toEqual([]);
  });

  it('takes no name that S3 can’t hold', async () => {
    const folders = open();
    await folders.create('agent-a', {});
    const long = Array.from({ length: 5 }, () => 'x'.repeat(250)).join('/');
    for (const path of ['a\nb', 'a\u0001b', 'a\ud800b', long]) {
      await expect(folders.write('agent-a', path, 'x')).rejects.toThrow(/not a path/);
      expect(await folders.read('agent-a', path, 1)).toMatchObject({ reason: 'bad_path' });
    }
  });

  it('writes nothing for an agent that was removed, and nothing below a file', async () => {
    const folders = open();
    await folders.create('agent-c', { 'a.txt': 'x' });
    await expect(folders.write('agent-c', 'a.txt/b', 'x')).rejects.toThrow(/a.txt on the way is no folder/);
    await folders.remove('agent-c');
    await expect(folders.write('agent-c', 'b', 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    expect([...standIn.objects.keys()].filter((key) => key.includes('agent-c'))).toEqual([]);
  });

  it('reads a link as no file', async () => {
    const folders = open();
    await folders.create('agent-a', {});
    standIn.store('here/agents/agent-a/skills/link', '');
    const link = standIn.objects.get('here/agents/agent-a/skills/link');
    if (link) link.meta.link = 'elsewhere';
    expect(await folders.read('agent-a', 'skills/link', 10)).toMatchObject({ reason: 'not_a_file' });
    expect(await folders.list('agent-a', 'skills', 10)).toMatchObject([{ name: 'link', kind: 'other' }]);
  });

  it('sets aside to the end what it began, and nothing that came since', async () => {
    const folders = open();
    await folders.create('agent-d', {});
    for (const name of ['a', 'b', 'c']) await folders.write('agent-d', `outbox/email/${name}`, name);
    const setAside = () => folders.setAside('agent-d', 'outbox/email', 'outbox/failed/x', ['a']);
    const names = async (folder: string) =>
      (await folders.list('agent-d', folder, 9)).map(({ name }) => name);
    standIn.meet(({ method, key }) =>
      method === 'PUT' && key.endsWith('failed/x/c') ? { status: 400, code: 'Broken' } : null,
    );
    await expect(setAside()).rejects.toThrow(/Broken/);
    standIn.meet(() => null);
    await folders.write('agent-d', 'outbox/email/d', 'd');
    await setAside();
    expect([await names('outbox/email'), await names('outbox/failed/x')]).toEqual([
      ['a', 'd'],
      ['b', 'c'],
    ]);
  });
});
