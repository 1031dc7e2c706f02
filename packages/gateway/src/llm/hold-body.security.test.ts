import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { faultBarrier } from '@tinyfat/core';
import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { hostBodies } from './body-budget.ts';
import { holdBody } from './hold-body.ts';
import { createBodyFeed } from './request-body.ts';

const bodies = () => ({
  limits: DEFAULT_LIMITS,
  budget: hostBodies(10_000_000).openRun({ held: 5_000_000, sent: 10_000_000 }),
  guard: faultBarrier((fault) => {
    throw fault;
  }),
});

/** A body in so many chunks of one size, as a client may send it. */
function inChunks(chunks: number, size: number): IncomingMessage {
  const body = new PassThrough({ highWaterMark: chunks * size });
  for (let n = 0; n < chunks; n += 1) body.write(Buffer.alloc(size, 'x'));
  return body.end() as unknown as IncomingMessage;
}

test('a body that comes in small chunks is held in few pieces', async () => {
  const held = await holdBody(inChunks(50_000, 20), bodies());
  if (held.kind !== 'held') throw new Error(held.kind);
  expect(held.bytes.length).toBe(1_000_000);
  expect(held.bytes.pieces().length).toBeLessThan(1_100);
});

test('so is what is kept of one that streams on', async () => {
  const request = inChunks(50_000, 20);
  const feed = createBodyFeed(request, bodies(), () => {});
  await new Promise((resolve) => request.once('end', resolve));
  const written: number[] = [];
  feed.feed({ write: (piece: Uint8Array) => written.push(piece.length), end: () => {} } as never);
  expect(written.reduce((sum, length) => sum + length, 0)).toBe(1_000_000);
  expect(written.length).toBeLessThan(1_100);
});

test('one that comes byte by byte is refused, held or streaming', async () => {
  const held = await holdBody(inChunks(5_000, 1), bodies());
  expect(held).toMatchObject({
    kind: 'refused',
    status: 400,
    reason: expect.stringContaining('small chunks'),
  });
  const refusals: unknown[] = [];
  const request = inChunks(5_000, 1);
  createBodyFeed(request, bodies(), (refusal) => refusals.push(refusal));
  await new Promise((resolve) => request.once('end', resolve));
  expect(refusals).toMatchObject([{ status: 400, type: 'invalid_request_error' }]);
});
