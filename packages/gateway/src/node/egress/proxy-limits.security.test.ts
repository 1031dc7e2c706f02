import net from 'node:net';
import { expect, test } from 'vitest';
import { fakeNetwork, listenOnPort, openFixture } from '../../test-support/gateway.ts';
import { connectStatus, get, NAMES, proxyWorld, tunnel } from '../../test-support/proxy-world.ts';

const world = proxyWorld();

test('only so many connections at once', async () => {
  const fixture = await world.open({ kind: 'public' }, { egressConnections: 2 });
  const first = await tunnel(fixture);
  await tunnel(fixture);
  await expect(tunnel(fixture)).rejects.toThrow('503');
  first.destroy();
  await expect.poll(() => connectStatus(fixture, 'good.example.com:443')).toBe(200);
});

test('a refused or failed connection gives its place back', async () => {
  const fixture = await world.open({ kind: 'public' }, { egressConnections: 1 });
  for (let index = 0; index < 5; index += 1) {
    expect(await connectStatus(fixture, 'inside.example.com:443')).toBe(403);
    expect(await connectStatus(fixture, 'nothing.example.com:443')).toBe(502);
  }
  expect(await connectStatus(fixture, 'good.example.com:443')).toBe(200);
});

test.each(['up', 'down'])('cuts every connection when the bytes are used up, %s', async (way) => {
  const sink = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    if (way === 'down') {
      const pour = (): void => {
        while (socket.write(Buffer.alloc(16_384)));
      };
      socket.on('drain', pour);
      pour();
    }
  });
  const port = await listenOnPort(sink);
  world.cleanUps.push(() => new Promise((resolve) => sink.close(() => resolve())));
  world.network = fakeNetwork(NAMES, () => port);
  const fixture = await world.open({ kind: 'public' }, { egressBytes: 300_000 });
  const idle = way === 'up' ? await tunnel(fixture) : null;
  const busy = await tunnel(fixture);
  const cut = [idle, busy].map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket?.once('close', () => resolve());
        socket?.resume();
        if (socket === null) resolve();
      }),
  );
  // Small writes, one at a time: nothing may pass uncounted because a buffer never fills.
  if (way === 'up')
    for (let index = 0; index < 400 && !busy.destroyed; index += 1) busy.write(Buffer.alloc(1_000));
  await Promise.all(cut);
  await expect(tunnel(fixture)).rejects.toThrow('503');
});

test('closes a connection on which nothing moves', async () => {
  const fixture = await world.open({ kind: 'public' }, { egressIdleMs: 50 });
  const socket = await tunnel(fixture);
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
  });
});

test('gives up on a name or host that does not answer', async () => {
  const silent = { ...world.network, resolve: () => new Promise<string[]>(() => {}) };
  const fixture = await openFixture({}, { network: silent, limits: { egressConnectMs: 50 } });
  world.cleanUps.push(fixture.close);
  expect(await connectStatus(fixture, 'good.example.com:443')).toBe(504);
  expect((await get(fixture, 'http://good.example.com/')).status).toBe(504);

  const stuck = { ...world.network, connect: () => new net.Socket() };
  const other = await openFixture({}, { network: stuck, limits: { egressConnectMs: 50 } });
  world.cleanUps.push(other.close);
  expect([502, 504]).toContain(await connectStatus(other, 'both.example.com:443'));
});

test('closing the gateway cuts the tunnels', async () => {
  const fixture = await world.open();
  const socket = await tunnel(fixture);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.resume();
  await fixture.gateway.close();
  await closed;
});
