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

/** A body that comes byte by byte, as a client may send it in chunks. */
function byteByByte(bytes: number): IncomingMessage {
  const body = new PassThrough({ highWaterMark: bytes });
  for (let n = 0; n < bytes; n += 1) body.write(Buffer.from('x'));
  return body.end() as unknown as IncomingMessage;
}

test('a body that comes byte by byte is held in few pieces', async () => {
  const held = await holdBody(byteByByte(50_000), bodies());
  if (held.kind !== 'held') throw new Error(held.kind);
  expect(held.bytes.length).toBe(50_000);
  expect(held.bytes.pieces().length).toBeLessThan(1_100);
});

test('so is what is kept of one that streams on', async () => {
  const request = byteByByte(50_000);
  const feed = createBodyFeed(request, bodies(), () => {});
  await new Promise((resolve) => request.once('end', resolve));
  const written: number[] = [];
  feed.feed({ write: (piece: Uint8Array) => written.push(piece.length), end: () => {} } as never);
  expect(written.reduce((sum, length) => sum + length, 0)).toBe(50_000);
  expect(written.length).toBeLessThan(1_100);
});
