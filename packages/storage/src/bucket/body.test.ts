/** Bodies that say another size than they have. */
import { expect, it } from 'vitest';
import { inPieces, readAll, readSized } from './body.ts';

const body = (...pieces: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

it('is read in one piece of its size, and no other', async () => {
  expect(text(await readSized(body('ab', '', 'c'), 3))).toBe('abc');
  expect(text(await readSized(null, 0))).toBe('');
  await expect(readSized(body('ab', 'c'), 2)).rejects.toThrow('longer than it said');
  await expect(readSized(body('ab'), 3)).rejects.toThrow('broke off');
  await expect(readSized(null, 1)).rejects.toThrow('broke off');
});

it('is read no further than the most that is asked for', async () => {
  expect(text(await readAll(body('ab', 'c'), 3))).toBe('abc');
  expect(await readAll(body('ab', 'c'), 2)).toBeNull();
});

it('is streamed to its size, and no further', async () => {
  expect(await new Response(inPieces(body('ab', 'c'), 3)).text()).toBe('abc');
  await expect(new Response(inPieces(body('ab', 'c'), 2)).text()).rejects.toThrow('longer than it said');
  await expect(new Response(inPieces(body('ab'), 3)).text()).rejects.toThrow('broke off');
});
