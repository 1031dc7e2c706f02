import { expect, test } from 'vitest';
import { LLM_LIMITS } from '../limits.ts';
import { hostBodies } from './body-budget.ts';
import { readLlmBody } from './read-body.ts';

const deps = () => ({
  limits: LLM_LIMITS,
  budget: hostBodies(10_000_000).openRun({ held: 5_000_000, sent: 10_000_000 }),
});

/** A body in so many chunks of one size, as a client may send it. */
function inChunks(chunks: number, size: number): ReadableStream<Uint8Array> {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      left -= 1;
      controller.enqueue(new Uint8Array(size).fill(120));
    },
  });
}

test('a body that comes in small chunks is one piece in memory, and its reader gets each of them', async () => {
  let read = 0;
  const body = await readLlmBody(inChunks(50_000, 20), deps(), ({ length }) => {
    read += length;
  });
  if (body.kind !== 'whole') throw new Error(body.kind);
  expect([body.bytes.length, read]).toEqual([1_000_000, 1_000_000]);
});

test('one that comes byte by byte is refused', async () => {
  const body = await readLlmBody(inChunks(5_000, 1), deps(), () => {});
  expect(body).toMatchObject({
    kind: 'refused',
    refusal: { status: 400, type: 'invalid_request_error', reason: expect.stringContaining('small chunks') },
  });
});

test('its memory is free again once it was refused, or is needed no more', async () => {
  const { limits, budget } = deps();
  const hoard = { limits: { ...limits, llmBodyBytes: 4_000_000 }, budget };
  const refused = await readLlmBody(inChunks(5, 1_000_000), hoard, () => {});
  expect(refused).toMatchObject({ kind: 'refused', refusal: { status: 413 } });
  const body = await readLlmBody(inChunks(4, 1_000_000), hoard, () => {});
  if (body.kind !== 'whole') throw new Error(body.kind);
  expect(budget.take(1_500_000)).toBe(false);
  body.release();
  body.release();
  expect(budget.take(4_500_000)).toBe(true);
});
