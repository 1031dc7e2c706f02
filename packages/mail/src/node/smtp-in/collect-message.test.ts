import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { byteBudget } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { collectMessage } from './collect-message.ts';

const kilobyte = Buffer.alloc(1024, 'x');
const kilobytes = (count: number) => Buffer.alloc(count * 1024, 'x');

/** A message of at most 100 kB in a memory for all of 200 kB. */
function start() {
  const budget = byteBudget(200 * 1024);
  const stream = Object.assign(new PassThrough(), { byteLength: 0, sizeExceeded: false });
  const collected = collectMessage(stream, 100 * 1024, budget.open(), 60_000);
  async function send(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) stream.write(kilobyte);
    await setImmediate();
  }
  /** How many kB are free. */
  function free(): number {
    const share = budget.open();
    let count = 0;
    while (share.take(1024)) count += 1;
    share.release();
    return count;
  }
  return { budget, stream, collected, send, free };
}

describe('collectMessage', () => {
  it('gives the bytes of a message up to the limit, and holds their room until it is given back', async () => {
    const { stream, collected, send, free } = start();
    await send(100);
    stream.end();
    expect(await collected).toEqual({ state: 'complete', raw: kilobytes(100) });
    expect(free()).toBe(100);
  });

  it('holds no more than 64 kB of what is beyond the limit', async () => {
    const { stream, collected, send, free } = start();
    await send(90);
    expect(free()).toBe(110);
    await send(20);
    expect(free()).toBe(136);
    await send(50);
    expect(free()).toBe(136);
    stream.end();
    expect(await collected).toEqual({
      state: 'too_large',
      head: kilobytes(64),
      bytes: 160 * 1024,
      client: 'waiting',
    });
  });

  it('stands still at twice the limit', async () => {
    const { stream, collected, send, free } = start();
    await send(201);
    expect(await collected).toMatchObject({ state: 'too_large', bytes: 201 * 1024, client: 'sending' });
    expect(stream.isPaused()).toBe(true);
    await send(50);
    expect(free()).toBe(136);
  });

  it('has no room for good where there was none once, and gives back all but 64 kB', async () => {
    const { budget, stream, collected, send, free } = start();
    await send(80);
    const other = budget.open();
    other.take(120 * 1024);
    await send(1);
    expect(free()).toBe(16);
    other.release();
    await send(10);
    stream.end();
    expect(await collected).toEqual({ state: 'no_room' });
    expect(free()).toBe(136);
  });

  it('gives a shorter beginning without a gap where there was no room for more', async () => {
    const { budget, stream, collected, send } = start();
    await send(20);
    const other = budget.open();
    other.take(175 * 1024);
    stream.write(kilobytes(6));
    await setImmediate();
    other.release();
    await send(100);
    stream.end();
    expect(await collected).toMatchObject({ state: 'too_large', head: kilobytes(20), bytes: 126 * 1024 });
  });

  it.each([
    ['with', new Error('reset')],
    ['without', undefined],
  ])('says when the client is gone, %s an error', async (_, error) => {
    const small = start();
    await small.send(10);
    small.stream.destroy(error);
    expect(await small.collected).toEqual({ state: 'gone' });
    const large = start();
    await large.send(110);
    large.stream.destroy(error);
    expect(await large.collected).toMatchObject({ state: 'too_large', bytes: 110 * 1024, client: 'gone' });
  });
});
