/** Clients that do not read, do not send, hang up, or come in numbers: what they hold is bounded, and is given back. */
import { connect, type Socket } from 'node:net';
import { readBody } from '@tinyfat/core';
import { exchange, open, parseAnswer } from '@tinyfat/testing/raw-http';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestContext } from '../contract.ts';
import type { HttpLimits } from './serve-requests.ts';
import { type Served, startServed } from './test-support/served.ts';

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const last = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
const PIECE = new Uint8Array(64 * 1024);

/** Answers of endless or large bodies, and what became of them. */
function bodies() {
  const state = { pulled: 0, cancelled: 0, begun: 0, ended: 0 };
  const endless = () =>
    new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          state.pulled++;
          controller.enqueue(PIECE);
        },
        cancel() {
          state.cancelled++;
        },
      },
      { highWaterMark: 0 },
    );
  const answer = async (request: Request, { reservation }: RequestContext) => {
    state.begun++;
    switch (new URL(request.url).pathname) {
      case '/endless':
        return new Response(endless());
      case '/silent':
        return new Response(new ReadableStream({ cancel: () => void state.cancelled++ }));
      case '/large':
        return new Response(new Uint8Array(1_000_000));
      case '/body': {
        const read = await readBody(request.body, { maxBytes: 1_000_000, reservation });
        state.ended++;
        return new Response(read.ok ? 'read' : read.why);
      }
      default:
        return new Response('fine');
    }
  };
  return { state, answer };
}

/** Waits for what an event of another socket brings about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** Connected from another address of this machine. */
const from = (port: number, localAddress: string) =>
  new Promise<Socket>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => resolve(socket));
    socket.on('error', () => {});
  });

describe('a client', () => {
  let served: Served;
  afterEach(() => served?.close());
  const start = async (limits: Partial<HttpLimits> = {}) => {
    const { state, answer } = bodies();
    served = await startServed(answer, limits);
    return state;
  };

  it('that reads nothing is cut off, and no more was made for it than the sockets hold', async () => {
    const state = await start({ stallMs: 50 });
    const socket = await open(served.port);
    socket.pause();
    socket.write(get('/endless'));
    await until(() => state.cancelled === 1);
    // Kernels buffer some megabytes of a connection over loopback.
    expect(state.pulled * PIECE.length).toBeLessThan(32 * 1024 * 1024);
    expect(served.faults).toEqual([]);
    socket.destroy();
  });

  it('that hangs up in the middle of an answer is no fault, and its answer ends', async () => {
    const state = await start();
    for (const target of ['/endless', '/silent']) {
      const before = state.cancelled;
      const socket = await open(served.port);
      socket.write(get(target));
      await until(() => state.begun > before);
      socket.destroy();
      await until(() => state.cancelled > before);
    }
    expect(served.faults).toEqual([]);
  });

  it('that hangs up in the middle of its request is no fault, and its bytes are given back', async () => {
    const state = await start({ heldBytesOfClient: 100_000 });
    for (let at = 0; at < 5; at++) {
      const socket = await open(served.port);
      socket.write(`POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n${'x'.repeat(60_000)}`);
      await until(() => state.begun > at);
      socket.destroy();
      await until(() => state.ended > at);
    }
    expect(served.faults).toEqual([]);
  });

  it('gets no large answer where there is no room for it, small ones all the same, and the room once it is free', async () => {
    const state = await start({ heldBytesOfClient: 1_500_000 });
    const slow = await open(served.port);
    slow.write(`POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n${'x'.repeat(800_000)}`);
    await until(() => state.begun === 1);
    const ask = async (target: string) => parseAnswer(await exchange(served.port, last(target)));
    for (let answer = await ask('/large'); answer.status === 200; ) answer = await ask('/large');
    const refused = await ask('/large');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.body).toContain('"code":"server_busy"');
    expect((await ask('/small')).status).toBe(200);
    slow.destroy();
    await until(() => state.ended === 1);
    expect((await ask('/large')).status).toBe(200);
  });

  it('has so many requests in work; the next is told to come again, a sign of life is given always', async () => {
    const state = await start({ requestsOfClient: 3 });
    const busy = await Promise.all(Array.from({ length: 3 }, () => open(served.port)));
    for (const socket of busy) socket.write(get('/silent'));
    await until(() => state.begun === 3);
    const refused = parseAnswer(await exchange(served.port, last('/small')));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(refused.body).toContain('"code":"too_many_requests"');
    expect(parseAnswer(await exchange(served.port, last('/health/live'))).status).toBe(200);
    busy[0]?.destroy();
    await until(() => state.cancelled === 1);
    expect(parseAnswer(await exchange(served.port, last('/small'))).status).toBe(200);
  });

  it('has so many connections, idle ones too; others have theirs', async () => {
    await start({ connectionsOfPeer: 2 });
    const idle = [await open(served.port), await open(served.port)];
    const refused = parseAnswer(await exchange(served.port, last('/small')));
    expect([refused.status, refused.body]).toEqual([429, expect.stringContaining('too_many_requests')]);
    const more = [await open(served.port), await open(served.port)];
    // Beyond twice as many there is no answer at all.
    expect(await exchange(served.port, last('/small'))).toBe('');
    const other = await from(served.port, '127.0.0.2');
    const came = new Promise<string>((resolve) => other.once('data', (chunk) => resolve(String(chunk))));
    other.write(last('/small'));
    expect(parseAnswer(await came).status).toBe(200);
    for (const socket of [...idle, ...more, other]) socket.destroy();
  });

  it('shares all connections with the others; a trusted proxy may have all of them', async () => {
    await start({ connections: 3, connectionsOfPeer: 1 });
    const many = await Promise.all(Array.from({ length: 3 }, () => from(served.port, '127.0.0.9')));
    const refused = parseAnswer(await exchange(served.port, last('/small')));
    expect([refused.status, refused.body]).toEqual([503, expect.stringContaining('server_busy')]);
    for (const socket of many) socket.destroy();
  });

  it('that asks again and again without a look at the answers is cut off', async () => {
    const state = await start();
    const socket = await open(served.port);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(get('/silent').repeat(500));
    await closed;
    expect(state.begun).toBeLessThan(20);
    await until(() => state.cancelled === state.begun);
    expect(served.faults).toEqual([]);
  });
});
