import { describe, expect, it } from 'vitest';
import { byteBudget } from './byte-budget.ts';
import { readBody } from './read-body.ts';

/** A body of these chunks; `open`: it never ends. */
function coming(chunks: Iterable<Uint8Array>, open = false) {
  const left = chunks[Symbol.iterator]();
  const state = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = left.next();
        if (next.done && open) return new Promise<void>(() => {});
        if (next.done) controller.close();
        else controller.enqueue(next.value);
        state.pulled++;
        return undefined;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

const bytes = (length: number) => new Uint8Array(length).fill(7);

function* ofOneByte(count: number) {
  const chunk = bytes(1);
  for (let at = 0; at < count; at++) yield chunk;
}

describe('reading a body', () => {
  it('gives all of it, in whatever chunks it came', async () => {
    for (const chunks of [[], [bytes(3)], [bytes(1), bytes(5000), bytes(1)], ofOneByte(10_000)]) {
      const all = [...chunks];
      const length = all.reduce((sum, chunk) => sum + chunk.length, 0);
      expect(await readBody(coming(all).body, { maxBytes: length })).toEqual({
        ok: true,
        bytes: bytes(length),
      });
    }
    expect(await readBody(null, { maxBytes: 0 })).toEqual({ ok: true, bytes: new Uint8Array() });
  });

  it('stops at the limit, whatever comes', async () => {
    const { body, state } = coming(ofOneByte(1_000_000));
    expect(await readBody(body, { maxBytes: 10 })).toEqual({ ok: false, why: 'too_large' });
    expect(state).toEqual({ pulled: 11, cancelled: true });
  });

  it('keeps nothing of a chunk but its bytes', async () => {
    const large = bytes(1_000_000);
    const read = await readBody(coming([large.subarray(0, 2)]).body, { maxBytes: 10 });
    expect(read.ok && read.bytes.buffer.byteLength).toBeLessThan(10_000);
  });

  it('counts every byte while it comes, and is refused where there is no room', async () => {
    const budget = byteBudget(100);
    const reservation = budget.open();
    expect(await readBody(coming([bytes(60)]).body, { maxBytes: 100, reservation })).toMatchObject({
      ok: true,
    });
    expect(budget.reserved()).toBe(60);
    const second = coming([bytes(30), bytes(30), bytes(30)]);
    expect(await readBody(second.body, { maxBytes: 100, reservation: budget.open() })).toEqual({
      ok: false,
      why: 'busy',
    });
    expect(second.state).toEqual({ pulled: 2, cancelled: true });
  });

  it('ends what does not come any more, and what comes for too long', async () => {
    const silent = coming([bytes(5)], true);
    expect(await readBody(silent.body, { maxBytes: 10, idleMs: 10 })).toEqual({ ok: false, why: 'late' });
    expect(silent.state.cancelled).toBe(true);
    const slow = coming([], true);
    expect(await readBody(slow.body, { maxBytes: 10, readMs: 10 })).toEqual({ ok: false, why: 'late' });
  });

  it('says that the connection broke instead of rejecting', async () => {
    const error = new Error('aborted');
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(error),
    });
    expect(await readBody(body, { maxBytes: 10 })).toEqual({ ok: false, why: 'broken', error });
  });
});
