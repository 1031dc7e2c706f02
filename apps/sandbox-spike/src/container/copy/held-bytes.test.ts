/** An isolate of a Worker has 128 MB for all: of a folder that is copied a few are held at once. */
import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import { headerBlocks, paddingOf } from '@tinyfat/storage/tar';
import { expect, it } from 'vitest';
import { fakeContainer, listed, output } from '../../test-support/fake-container.ts';
import { memoryBucket } from '../../test-support/memory-bucket.ts';
import { copyIn, copyOut } from './index.ts';

const MB = 1024 * 1024;
const prefix = 'agents/a/';
const common = { prefix, bounds: COPY_BOUNDS, clock: Date.now };

it('going in, no more is asked for than the container takes', async () => {
  const bucket = memoryBucket();
  for (let number = 0; number < 60; number += 1)
    await bucket.put(`${prefix}${number}`, new Uint8Array(number % 10 === 0 ? 3 * MB : MB));
  let asked = 0;
  let taken = 0;
  let most = 0;
  const counting = {
    ...bucket,
    async get(key: string) {
      const opened = await bucket.get(key);
      // A large one is read as it is passed on.
      if (opened !== null && opened.size <= MB) asked += opened.size;
      return opened;
    },
  };
  const container = fakeContainer(async (_, stdin) => {
    for await (const piece of stdin ?? []) {
      taken += piece.length;
      most = Math.max(most, asked - taken);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return output('');
  });
  await copyIn({ ...common, container, bucket: counting, sessionId: '' });
  expect(taken).toBeGreaterThan(60 * MB);
  expect(most).toBeLessThan(8 * MB);
});

it('coming back, no more is read than the storage takes', async () => {
  const bucket = memoryBucket();
  const sizes = [...Array(40).keys()].map((number) => (number % 4 === 0 ? 2 * MB : 100_000));
  let read = 0;
  let stored = 0;
  let most = 0;
  const slow = {
    ...bucket,
    async put(...[key, content, options]: Parameters<typeof bucket.put>) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      stored += content instanceof Uint8Array ? content.length : 0;
      return await bucket.put(key, content, options);
    },
  };
  async function* packed() {
    for (const [number, size] of sizes.entries()) {
      yield headerBlocks({ type: 'file', path: `./${number}`, size, mode: 0, mtime: 0, target: '' });
      for (let left = size; left > 0; left -= 65_536) {
        const piece = new Uint8Array(Math.min(left, 65_536));
        read += piece.length;
        most = Math.max(most, read - stored);
        yield piece;
      }
      yield paddingOf(size);
    }
    yield new Uint8Array(1024);
  }
  const pieces = packed();
  const archive = () =>
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await pieces.next();
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        },
      },
      { highWaterMark: 0 },
    );
  const list = sizes.map((size, number) => listed(`./${number}`, size)).join('');
  const container = fakeContainer(async (command) => (command.includes('find') ? output(list) : archive()));
  const out = await copyOut({ ...common, container, bucket: slow, copied: new Map(), runId: 'run-1' });
  expect(out.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(most).toBeLessThan(13 * MB);
});
