/** Invariant 6: the container is not trusted; what it says of its files is data. */
import { StorageError } from '@tinyfat/storage';
import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import { headerBlocks, paddingOf } from '@tinyfat/storage/tar';
import { beforeEach, describe, expect, it } from 'vitest';
import { fakeContainer, listed, output } from '../../test-support/fake-container.ts';
import { type MemoryBucket, memoryBucket } from '../../test-support/memory-bucket.ts';
import type { Container } from '../container.ts';
import { type Copied, copyIn, copyOut } from './index.ts';

const prefix = 'agents/a/';
let bucket: MemoryBucket;
beforeEach(async () => {
  bucket = memoryBucket();
  await bucket.put(`${prefix}MEMORY.md`, 'memory');
});
const keys = () => [...bucket.objects.keys()];
/** But for the events in which the warnings stand. */
const added = () =>
  keys().filter((key) => key !== `${prefix}MEMORY.md` && !key.startsWith(`${prefix}events/`));

const lying = (answer: (command: string) => string | Uint8Array) =>
  fakeContainer(async (command) => output(answer(command)));
const entry = (path: string, content: string, type: 'file' | 'folder' = 'file') =>
  Buffer.concat([
    headerBlocks({ type, path, size: content.length, mode: 0o644, mtime: 0, target: '' }),
    Buffer.from(content),
    paddingOf(content.length),
  ]);
const END = Buffer.alloc(1024);

describe('a container that lies', () => {
  const outOf = (container: Container, copied: Copied = new Map()) =>
    copyOut({
      container,
      bucket,
      prefix,
      copied,
      runId: 'run-1',
      bounds: COPY_BOUNDS,
      clock: Date.now,
    });

  it('gets stored only what it had listed, at the size that it had listed', async () => {
    const container = lying((command) =>
      command.includes('find')
        ? listed('./a', 2) + listed('./b', 3) + listed('./c', 4)
        : Buffer.concat([
            entry('./a', 'ok'),
            entry('./b', 'longer'),
            entry('./not-asked-for', 'x'),
            entry('./../../b/MEMORY.md', 'x'),
            entry('./a', 'no'),
            END,
          ]),
    );
    const { warnings } = await outOf(container);
    expect(added()).toEqual([`${prefix}a`]);
    expect(bucket.text(`${prefix}a`)).toBe('ok');
    expect(warnings).toEqual(
      ['b', 'c'].map((name) => `"/data/${name}" could not be read: it changed while it was copied.`),
    );
  });

  it('can’t name a path that leaves the folder', async () => {
    const paths = ['../b/x', '/etc/x', 'a/../../x', 'a//b', '.', './x', 'a/./b'];
    const container = lying((command) =>
      command.includes('find')
        ? paths.map((path) => listed(`./${path}`, 1)).join('')
        : Buffer.concat([...paths.map((path) => entry(`./${path}`, 'x')), END]),
    );
    await outOf(container);
    expect(added()).toEqual([]);
    expect(keys().every((key) => key.startsWith(prefix))).toBe(true);
  });

  it.each([
    ['too few fields', './a\0f\0'],
    ['no end', './a\0f\x001 1.0\x001\x00644\0'],
    ['a size that is none', listed('./a', Number.NaN)],
    ['a path that is none', listed('/a', 1)],
    ['a name without an end', 'x'.repeat(100_000)],
    ['a state that is none', listed('./a', 1, 'f', '../..')],
  ])('with a list that has %s brings nothing back and removes nothing', async (_, list) => {
    const copied = new Map([['MEMORY.md', { etag: '"x"', sha256: null, executable: false, state: null }]]);
    await expect(
      outOf(
        lying(() => list),
        copied,
      ),
    ).rejects.toBeInstanceOf(StorageError);
    expect(keys()).toEqual([`${prefix}MEMORY.md`]);
  });

  it('that never stops sending is read no further than what was asked for', async () => {
    let pulled = 0;
    const endless: Container = {
      ...lying(() => ''),
      async exec(command) {
        if (command.join(' ').includes('find')) return await lying(() => listed('./a', 2)).exec(command);
        const stdout = new ReadableStream<Uint8Array>({
          pull(controller) {
            pulled += 1;
            controller.enqueue(
              pulled === 1
                ? headerBlocks({ type: 'file', path: './z', size: 2 ** 30, mode: 0, mtime: 0, target: '' })
                : new Uint8Array(65536),
            );
          },
        });
        return { stdout, ended: Promise.resolve({ exitCode: 0, stderr: '' }) };
      },
    };
    expect((await outOf(endless)).warnings).toHaveLength(1);
    expect(pulled).toBeLessThan(10);
  });

  it('about the hash or the size of a large file gets nothing stored', async () => {
    const size = 3_000_000;
    const sum = '0'.repeat(64);
    const answers = (content: Uint8Array) =>
      lying((command) =>
        command.includes('find')
          ? listed('./large', size)
          : command.includes('sha256sum')
            ? `${sum}  ./large\0`
            : content,
      );
    for (const length of [size, size + 1, size - 1]) {
      const { warnings } = await outOf(answers(new Uint8Array(length)));
      expect(warnings).toEqual(['"/data/large" changed while it was copied.']);
    }
    expect(added()).toEqual([]);
  });

  it('when it is copied to gets no say in what the storage holds', async () => {
    const copied = await copyIn({
      container: lying(() => listed('./MEMORY.md', 1) + listed('./of-nobody', 1)),
      bucket,
      prefix,
      sessionId: '',
      bounds: COPY_BOUNDS,
      clock: Date.now,
    });
    expect([...copied.keys()]).not.toContain('of-nobody');
  });

  it('in which root can start nothing is freed of the agent first, and asked again', async () => {
    const asked: string[] = [];
    const working = lying((command) =>
      command.includes('find') ? listed('./a', 2) : Buffer.concat([entry('./a', 'ok'), END]),
    );
    const full: Container = {
      ...working,
      async exec(command, options) {
        asked.push(`${options?.user ?? 'root'} ${command.at(-1)}`);
        if (asked.length > 1) return await working.exec(command, options);
        return { stdout: output(''), ended: Promise.resolve({ exitCode: 2, stderr: 'sh: 1: Cannot fork' }) };
      },
    };
    expect((await outOf(full)).warnings).toEqual([]);
    expect(asked[1]).toBe('agent kill -9 -1');
    expect(bucket.text(`${prefix}a`)).toBe('ok');
  });
});
