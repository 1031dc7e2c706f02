/** Bodies are read only within the byte budget and their time, and every reservation is released. */
import { type ByteBudget, byteBudget } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from './contract.ts';
import { type BodyLimits, readWebhookBody } from './read-webhook-body.ts';

/** Reads bodies of one provider; each reservation is released once `use` has ended, as after an answer. */
function providerOf(limits: Omit<BodyLimits, 'provider'>, budget: ByteBudget = byteBudget(1000)) {
  return {
    async withBody<Value>(
      request: Omit<WebhookRequest, 'reservation'>,
      use: (body: Uint8Array) => Promise<Value>,
    ) {
      const reservation = budget.open();
      try {
        const read = await readWebhookBody({ ...request, reservation }, { provider: 'postmark', ...limits });
        return read.ok ? { ok: true, value: await use(read.bytes) } : read;
      } finally {
        reservation.release();
      }
    },
  };
}

const bytes = (length: number) => new Uint8Array(length);

/** A body that comes piece by piece; `open` never ends. */
function coming(pieces: number[], { open = false, declared }: { open?: boolean; declared?: number } = {}) {
  const state = { read: 0, cancelled: false };
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = left.shift();
        if (next !== undefined) {
          state.read += next;
          controller.enqueue(bytes(next));
          return;
        }
        if (open) return new Promise<void>(() => {});
        controller.close();
        return;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const headers = new Headers(declared === undefined ? {} : { 'content-length': String(declared) });
  return { state, request: { headers, body } };
}

const lengthOf = async (body: Uint8Array) => body.length;

describe('the byte budget of webhooks', () => {
  it('hands on what fits, to the last byte', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 5000 });
    expect(await provider.withBody(coming([4, 6]).request, lengthOf)).toEqual({ ok: true, value: 10 });
    expect(await provider.withBody({ headers: new Headers(), body: null }, lengthOf)).toEqual({
      ok: true,
      value: 0,
    });
  });

  it('does not read what is announced as too large', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 5000 });
    const { state, request } = coming([4], { declared: 11 });
    expect(await provider.withBody(request, lengthOf)).toMatchObject({
      ok: false,
      code: 'webhook_too_large',
    });
    expect(state.read).toBe(0);
  });

  it('stops reading what turns out to be too large, whatever it announced', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 100, readMs: 5000 });
    const { state, request } = coming([8, 8, 8, 8], { declared: 2 });
    expect(await provider.withBody(request, lengthOf)).toMatchObject({
      ok: false,
      code: 'webhook_too_large',
    });
    expect(state).toEqual({ read: 16, cancelled: true });
  });

  it('refuses for the moment what is beyond its share, and takes it once the others are done', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 15, readMs: 5000 });
    let done = () => {};
    const working = new Promise<void>((resolve) => {
      done = resolve;
    });
    const begun: number[] = [];
    const first = provider.withBody(coming([10]).request, async (body) => {
      begun.push(body.length);
      await working;
    });
    while (begun.length === 0) await new Promise(setImmediate);
    expect(await provider.withBody(coming([3, 3]).request, lengthOf)).toMatchObject({ code: 'webhook_busy' });
    expect(await provider.withBody(coming([5]).request, lengthOf)).toEqual({ ok: true, value: 5 });
    done();
    await first;
    expect(await provider.withBody(coming([3, 3]).request, lengthOf)).toEqual({ ok: true, value: 6 });
  });

  it('ends what does not come in time, and gives its bytes back', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 20 });
    const { state, request } = coming([10], { open: true });
    expect(await provider.withBody(request, lengthOf)).toMatchObject({
      ok: false,
      code: 'webhook_incomplete',
    });
    expect(state.cancelled).toBe(true);
    expect(await provider.withBody(coming([10]).request, lengthOf)).toMatchObject({ ok: true });
  });

  it('says that a connection broke instead of rejecting, and gives its bytes back', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 5000 });
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new Error('aborted'));
        else controller.enqueue(bytes(9));
        sent = true;
      },
    });
    const broken = await provider.withBody({ headers: new Headers(), body }, lengthOf);
    expect(broken).toMatchObject({ ok: false, code: 'webhook_incomplete' });
    expect(await provider.withBody(coming([10]).request, lengthOf)).toMatchObject({ ok: true });
  });

  it('gives the bytes back when the work on them fails', async () => {
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 5000 });
    const failing = provider.withBody(coming([10]).request, () => Promise.reject(new Error('disk')));
    await expect(failing).rejects.toThrow('disk');
    expect(await provider.withBody(coming([10]).request, lengthOf)).toMatchObject({ ok: true });
  });

  it('has no more than the budget that it shares with all other requests leaves', async () => {
    const budget = byteBudget(20);
    const other = budget.open();
    other.take(15);
    const provider = providerOf({ maxBytes: 10, shareBytes: 10, readMs: 5000 }, budget);
    expect(await provider.withBody(coming([6]).request, lengthOf)).toMatchObject({ code: 'webhook_busy' });
    other.release();
    expect(await provider.withBody(coming([6]).request, lengthOf)).toEqual({ ok: true, value: 6 });
  });
});
