import { bucketContract } from '@tinyfat/contracts/bucket';
import { sha256Hex } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { bucket, empty } from '../test-support/r2.ts';

bucketContract('r2', async () => ({ bucket, dispose: empty }));

describe('a content that comes as a stream', () => {
  const PIECE = new Uint8Array(64 * 1024).fill(7);
  const PIECES = 80;
  const size = PIECE.length * PIECES;
  const stream = (pieces = PIECES) => {
    let left = pieces;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(PIECE) : controller.close()),
    });
  };
  const sum = sha256Hex(new Uint8Array(size).fill(7));

  it('is stored with its hash, under the condition of the write', async () => {
    const content = { size, sha256: await sum, open: async () => stream() };
    expect(await bucket.put('streamed', content, { only: 'absent', meta: { mode: '755' } })).toMatchObject({
      ok: true,
    });
    expect(await bucket.head('streamed')).toMatchObject({ size, meta: { sha256: await sum, mode: '755' } });
    expect(await bucket.put('streamed', content, { only: 'absent' })).toEqual({
      ok: false,
      reason: 'conflict',
    });
  });

  it.each([
    ['is longer than it said', PIECES + 1, null],
    ['is shorter than it said', PIECES - 1, null],
    ['has another hash', PIECES, 'f'.repeat(64)],
  ])('is not stored where it %s', async (_, pieces, sha256) => {
    const content = { size, sha256: sha256 ?? (await sum), open: async () => stream(pieces) };
    await expect(bucket.put('other', content)).rejects.toMatchObject({ code: 'BadDigest' });
    expect(await bucket.head('other')).toBeNull();
  });
});
