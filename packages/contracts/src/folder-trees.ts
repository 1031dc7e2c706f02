/** Behaviour suite of the port `FolderTrees`; every store of agents' folders runs it. */
import type { FolderTrees, Planted } from '@tinyfat/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** An empty store, and how to empty it again. */
export interface FolderTreesFixture {
  trees: FolderTrees;
  dispose(): Promise<void>;
}

const PLAIN = { executable: false, modifiedAt: 0 };

export function folderTreesContract(name: string, make: () => Promise<FolderTreesFixture>): void {
  describe(`FolderTrees: ${name}`, () => {
    let fixture: FolderTreesFixture;
    let trees: FolderTrees;
    beforeEach(async () => {
      fixture = await make();
      trees = fixture.trees;
    });
    afterEach(() => fixture.dispose());

    /** Files, links and empty folders, by path. */
    const read = async (agent: string) => {
      const found: [path: string, ...rest: unknown[]][] = [];
      for await (const entry of trees.readTree(agent)) {
        if (entry.kind === 'file')
          found.push([entry.path, await new Response(entry.stream).text(), entry.executable]);
        else found.push([entry.path, entry.kind, ...(entry.kind === 'link' ? [entry.target] : [])]);
      }
      return found
        .filter(([path]) => !found.some(([other]) => other.startsWith(`${path}/`)))
        .sort(([a], [b]) => (a < b ? -1 : 1));
    };

    it('gives what it was given, to this agent alone', async () => {
      const tree = trees.writeTree('agent-a');
      await tree.folder('empty');
      await tree.file('skills/x/run.sh', content('#!'), { ...PLAIN, executable: true });
      await tree.file('MEMORY.md', content('mem', 'ory'), PLAIN);
      await tree.file('nothing', content(), PLAIN);
      await tree.link('skills/way', '../MEMORY.md');
      tree.close();
      expect(await read('agent-a')).toEqual([
        ['MEMORY.md', 'memory', false],
        ['empty', 'folder'],
        ['nothing', '', false],
        ['skills/way', 'link', '../MEMORY.md'],
        ['skills/x/run.sh', '#!', true],
      ]);
      expect(await read('agent-b')).toEqual([]);
    });

    it('streams a large file, and can be left in its middle', async () => {
      const pieces = Array.from({ length: 30 }, (_, at) => String(at % 10).repeat(10_000));
      const tree = trees.writeTree('agent-a');
      expect(await tree.file('large', content(...pieces), PLAIN)).toEqual({ ok: true });
      tree.close();
      expect(await read('agent-a')).toEqual([['large', pieces.join(''), false]]);
      for await (const entry of trees.readTree('agent-a')) {
        if (entry.kind !== 'file') continue;
        expect(entry.size).toBe(300_000);
        await entry.stream.cancel();
      }
    });

    it('replaces nothing, and writes nothing outside or behind a link', async () => {
      const before = trees.writeTree('agent-a');
      await before.file('there', content('before'), PLAIN);
      before.close();
      const tree = trees.writeTree('agent-a');
      await tree.link('way', '/etc');
      const refused: Planted[] = [
        await tree.file('there', content('x'), PLAIN),
        await tree.file('there/x', content('x'), PLAIN),
        await tree.file('way/x', content('x'), PLAIN),
        await tree.folder('way'),
        await tree.file('../agent-b/x', content('x'), PLAIN),
        await tree.file('/x', content('x'), PLAIN),
        await tree.file('a\0b', content('x'), PLAIN),
        await tree.folder('a/../../agent-b'),
        await tree.link('x/../../y', 'z'),
      ];
      tree.close();
      expect(refused.map(({ ok }) => ok)).toEqual(refused.map(() => false));
      expect(await read('agent-a')).toEqual([
        ['there', 'before', false],
        ['way', 'link', '/etc'],
      ]);
      expect(await read('agent-b')).toEqual([]);
    });

    it('takes no id that could name something else', async () => {
      for (const id of ['..', '../agent-a', 'agent-a/sub', '', 'AGENT', 'a\0b'])
        expect(() => trees.writeTree(id)).toThrow(/not an agent id/);
    });
  });
}

async function* content(...pieces: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield new TextEncoder().encode(piece);
}
