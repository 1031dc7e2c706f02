/** Behaviour suite of the `AgentFolders` port; every implementation runs it. */
import type { AgentFolders } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A fresh store, and how to throw it away. */
export interface AgentFoldersFixture {
  folders: AgentFolders;
  dispose(): Promise<void>;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function agentFoldersContract(name: string, make: () => Promise<AgentFoldersFixture>): void {
  describe(`AgentFolders: ${name}`, () => {
    let fixture: AgentFoldersFixture;
    beforeEach(async () => {
      fixture = await make();
      await fixture.folders.create('agent-a', { 'MEMORY.md': '# Memory\n' });
    });
    afterEach(() => fixture.dispose());

    const read = async (path: string, max = 1000) => {
      const outcome = await fixture.folders.read('agent-a', path, max);
      return outcome.ok ? text(outcome.bytes) : outcome.reason;
    };

    it('makes the folders of DESIGN section 5 and the first files', async () => {
      const names = (await fixture.folders.list('agent-a', '', 100)).map((entry) => entry.name);
      expect(names).toEqual(['MEMORY.md', 'events', 'outbox', 'sessions', 'skills']);
      const boxes = (await fixture.folders.list('agent-a', 'outbox', 100)).map((entry) => entry.name);
      expect(boxes).toEqual(['email', 'failed', 'sent']);
    });

    it('leaves what is there when it is created again', async () => {
      await fixture.folders.write('agent-a', 'MEMORY.md', 'mine');
      await fixture.folders.create('agent-a', { 'MEMORY.md': '# Memory\n', 'config.json': '{}' });
      expect(await read('MEMORY.md')).toBe('mine');
      expect(await read('config.json')).toBe('{}');
    });

    it('replaces a file, and makes the folders above it', async () => {
      await fixture.folders.write('agent-a', 'notes/a/b.txt', 'one');
      await fixture.folders.write('agent-a', 'notes/a/b.txt', 'two');
      expect(await read('notes/a/b.txt')).toBe('two');
      expect((await fixture.folders.list('agent-a', 'notes/a', 10)).map((entry) => entry.name)).toEqual([
        'b.txt',
      ]);
    });

    it('remembers which files are programs, until the next write', async () => {
      const programs = async () =>
        (await fixture.folders.list('agent-a', 'skills/x', 10))
          .filter((entry) => entry.executable)
          .map((entry) => entry.name);
      await fixture.folders.write('agent-a', 'skills/x/notes.md', 'x');
      await fixture.folders.write('agent-a', 'skills/x/run.sh', 'x', { executable: true });
      await fixture.folders.write('agent-a', 'skills/x/folder/more.sh', 'x', { executable: true });
      expect(await programs()).toEqual(['run.sh']);
      await fixture.folders.write('agent-a', 'skills/x/run.sh', 'x');
      expect(await programs()).toEqual([]);
    });

    it('moves a folder that stands in the place of a file aside', async () => {
      await fixture.folders.write('agent-a', 'config.json/x', 'one');
      await fixture.folders.write('agent-a', 'config.json', '{}');
      expect(await read('config.json')).toBe('{}');
      const names = (await fixture.folders.list('agent-a', '', 100)).map((entry) => entry.name);
      const aside = names.find((name) => name.startsWith('config.json.in-the-way-')) ?? '';
      expect(await read(`${aside}/x`)).toBe('one');
    });

    it('says why a file is not given: missing, a folder, too large, a path that leaves the folder', async () => {
      expect(await read('nothing.txt')).toBe('missing');
      expect(await read('no/such/folder.txt')).toBe('missing');
      expect(await read('outbox')).toBe('not_a_file');
      await fixture.folders.write('agent-a', 'big', 'x'.repeat(11));
      expect(await read('big', 10)).toBe('too_large');
      expect(await read('big', 11)).toBe('x'.repeat(11));
      for (const path of ['../agent-b/MEMORY.md', '/etc/passwd', 'a/../../x', 'a//b', '.', '', 'a\0b']) {
        expect(await read(path)).toBe('bad_path');
      }
    });

    it('reads a file that grows, part by part', async () => {
      await fixture.folders.write('agent-a', 'events/x.jsonl', 'one two');
      const from = async (offset: number, max = 100) => {
        const outcome = await fixture.folders.readFrom('agent-a', 'events/x.jsonl', offset, max);
        return outcome.ok ? text(outcome.bytes) : outcome.reason;
      };
      expect([await from(0, 3), await from(3), await from(7), await from(99)]).toEqual([
        'one',
        ' two',
        '',
        '',
      ]);
      await fixture.folders.write('agent-a', 'events/x.jsonl', 'one two three');
      expect(await from(7)).toBe(' three');
      expect(await fixture.folders.readFrom('agent-a', 'events/none', 0, 1)).toMatchObject({
        reason: 'missing',
      });
      expect(await fixture.folders.readFrom('agent-a', '../x', 0, 1)).toMatchObject({ reason: 'bad_path' });
    });

    it('removes a folder with all that is in it, and does not mind one that is gone', async () => {
      for (const file of ['SKILL.md', 'a/b/c.txt', '.hidden']) {
        await fixture.folders.write('agent-a', `skills/one/${file}`, 'x');
      }
      await fixture.folders.write('agent-a', 'skills/two/SKILL.md', 'x');
      expect(await fixture.folders.removeFolder('agent-a', 'skills/one')).toBe(true);
      expect(await fixture.folders.removeFolder('agent-a', 'skills/one')).toBe(true);
      expect(await fixture.folders.removeFolder('agent-a', 'no/such/folder')).toBe(true);
      const names = (await fixture.folders.list('agent-a', 'skills', 10)).map((entry) => entry.name);
      expect(names).toEqual(['two']);
      expect(await fixture.folders.removeFolder('agent-a', 'skills/two/SKILL.md')).toBe(true);
      expect(await read('skills/two/SKILL.md')).toBe('missing');
      await expect(fixture.folders.removeFolder('agent-a', '../agent-a')).rejects.toThrow(/not a path/);
    });

    it('streams a file to its end, in pieces, and says why not as reading does', async () => {
      const large = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
      await fixture.folders.write('agent-a', 'large', large);
      const got = await fixture.folders.stream('agent-a', 'large', large.length);
      if (!got.ok) throw new Error(got.detail);
      expect(got.size).toBe(large.length);
      const pieces: Uint8Array[] = [];
      for await (const piece of got.stream) pieces.push(piece);
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
      expect(await new Blob(pieces.map((piece) => new Uint8Array(piece))).arrayBuffer()).toEqual(
        large.buffer,
      );
      await fixture.folders.write('agent-a', 'empty', '');
      const empty = await fixture.folders.stream('agent-a', 'empty', 0);
      expect(empty.ok && (await new Response(empty.stream).text())).toBe('');
      const reason = async (path: string, max: number) => {
        const outcome = await fixture.folders.stream('agent-a', path, max);
        return outcome.ok ? 'ok' : outcome.reason;
      };
      expect(await reason('large', large.length - 1)).toBe('too_large');
      expect(await reason('nothing', 10)).toBe('missing');
      expect(await reason('outbox', 10)).toBe('not_a_file');
      expect(await reason('../agent-b/MEMORY.md', 10)).toBe('bad_path');
    });

    it('streams the file that was opened, also when another one takes its name', async () => {
      await fixture.folders.write('agent-a', 'x', 'the first');
      const got = await fixture.folders.stream('agent-a', 'x', 100);
      await fixture.folders.write('agent-a', 'x', 'another');
      expect(got.ok && (await new Response(got.stream).text())).toBe('the first');
    });

    it('refuses to write or move to a path that leaves the folder', async () => {
      await expect(fixture.folders.write('agent-a', '../x', 'no')).rejects.toThrow(/not a path/);
      await expect(fixture.folders.move('agent-a', 'MEMORY.md', '../../x')).rejects.toThrow(/not a path/);
      await expect(fixture.folders.read('../agent-a', 'MEMORY.md', 10)).rejects.toThrow(/not an agent id/);
    });

    it('lists sorted by name, with sizes, at most as many as asked', async () => {
      for (const file of ['c', 'a', 'b'])
        await fixture.folders.write('agent-a', `skills/${file}`, file.repeat(3));
      const entries = await fixture.folders.list('agent-a', 'skills', 2);
      expect(entries.map((entry) => [entry.name, entry.kind, entry.size])).toEqual([
        ['a', 'file', 3],
        ['b', 'file', 3],
      ]);
      expect(await fixture.folders.list('agent-a', 'no-such-folder', 10)).toEqual([]);
    });

    it('lists names from one on, only those that are wanted, and the last ones where they are asked for', async () => {
      for (const file of ['a', 'b-1', 'b-2', 'b-3', 'c', 'é', '𐐀'])
        await fixture.folders.write('agent-a', `notes/${file}`, file);
      await fixture.folders.write('agent-a', 'notes/b-2x/in', 'x');
      const names = async (limit: number, wanted: Parameters<AgentFolders['list']>[3]) =>
        (await fixture.folders.list('agent-a', 'notes', limit, wanted)).map(({ name }) => name);
      expect(await names(3, { from: 'b-2' })).toEqual(['b-2', 'b-2x', 'b-3']);
      expect(await names(9, { from: 'b-20' })).toEqual(['b-2x', 'b-3', 'c', 'é', '𐐀']);
      expect(await names(9, { from: 'd' })).toEqual(['é', '𐐀']);
      expect(await names(9, { from: '𐐀' })).toEqual(['𐐀']);
      expect(await names(2, { last: true })).toEqual(['é', '𐐀']);
      expect(await names(2, { last: true, only: (name) => name.startsWith('b') })).toEqual(['b-2x', 'b-3']);
      expect(await names(0, { last: true })).toEqual([]);
      expect(await names(9, { from: '\uffff' })).toEqual([]);
    });

    it('moves a file and replaces what stood there', async () => {
      await fixture.folders.write('agent-a', 'outbox/email/x.json', 'new');
      await fixture.folders.write('agent-a', 'outbox/sent/x.json', 'old');
      await fixture.folders.move('agent-a', 'outbox/email/x.json', 'outbox/sent/x.json');
      expect(await read('outbox/sent/x.json')).toBe('new');
      expect(await read('outbox/email/x.json')).toBe('missing');
    });

    it('moves a folder, but not over one that has something in it, and says when there is nothing to move', async () => {
      await fixture.folders.write('agent-a', 'skills/new/x', 'new');
      await fixture.folders.write('agent-a', 'skills/old/x', 'old');
      const move = (from: string, to: string) =>
        fixture.folders.move('agent-a', `skills/${from}`, `skills/${to}`);
      await expect(move('new', 'old')).rejects.toThrow();
      expect([await read('skills/new/x'), await read('skills/old/x')]).toEqual(['new', 'old']);
      await move('old', '.aside');
      await move('new', 'old');
      expect([await read('skills/old/x'), await read('skills/.aside/x')]).toEqual(['new', 'old']);
      await expect(move('new', 'other')).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('takes the content of a folder away at once, but for what is to stay', async () => {
      for (const file of ['a.json', 'b.json', '.draft'])
        await fixture.folders.write('agent-a', `outbox/email/${file}`, file);
      const aside = 'outbox/failed/left-over-1';
      const setAside = () =>
        fixture.folders.setAside('agent-a', 'outbox/email', aside, ['.draft', 'b.json', 'gone.json']);
      await setAside();
      const names = async (folder: string) =>
        (await fixture.folders.list('agent-a', folder, 10)).map((entry) => entry.name);
      expect(await names('outbox/email')).toEqual(['.draft', 'b.json']);
      expect(await names(aside)).toEqual(['a.json']);
      // Cut off and begun anew, it does not take what was written since.
      await fixture.folders.write('agent-a', 'outbox/email/new.json', 'new');
      await setAside();
      expect(await names('outbox/email')).toEqual(['.draft', 'b.json', 'new.json']);
      await expect(fixture.folders.setAside('agent-a', 'MEMORY.md', 'x', [])).rejects.toThrow();
      expect(await read('MEMORY.md')).toBe('# Memory\n');
    });

    it('removes a file, and does not mind one that is gone', async () => {
      await fixture.folders.write('agent-a', 'x', 'x');
      await fixture.folders.unlink('agent-a', 'x');
      await fixture.folders.unlink('agent-a', 'x');
      expect(await read('x')).toBe('missing');
    });

    it('separates agents and removes one whole', async () => {
      await fixture.folders.create('agent-b', { 'MEMORY.md': 'b' });
      await fixture.folders.remove('agent-b');
      expect(await read('MEMORY.md')).toBe('# Memory\n');
      await expect(fixture.folders.read('agent-b', 'MEMORY.md', 10)).rejects.toThrow();
    });
  });
}
