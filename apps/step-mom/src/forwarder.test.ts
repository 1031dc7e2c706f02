import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Forwarder, startForwarder } from './forwarder.ts';

let folder: string;
let gateway: Server;
let forwarder: Forwarder;
let onGateway: (socket: Socket) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forwarder-'));
  gateway = createServer({ allowHalfOpen: true }, (socket) => onGateway(socket));
  gateway.listen(join(folder, 'g.sock'));
  await once(gateway, 'listening');
  forwarder = await startForwarder(join(folder, 'g.sock'), 0);
});

afterEach(() => {
  forwarder.close();
  gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const client = () => connect(forwarder.port, '127.0.0.1');

test('a side that has said all still hears the other', async () => {
  onGateway = (socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('end', () => socket.end(`${bytes} bytes`));
  };
  const socket = connect({ host: '127.0.0.1', port: forwarder.port, allowHalfOpen: true });
  socket.end(Buffer.alloc(3_000_000));
  expect(await text(socket)).toBe('3000000 bytes');
});

test('a client that goes away is cut at the gateway too', async () => {
  const atGateway = new Promise<Socket>((resolve) => {
    onGateway = resolve;
  });
  const socket = client();
  socket.write('x');
  const other = await atGateway;
  other.on('error', () => {});
  other.resume();
  socket.resetAndDestroy();
  await once(other, 'end');
  expect(other.readableEnded).toBe(true);
  other.destroy();
});

test('a gateway that breaks off cuts the client', async () => {
  onGateway = (socket) => socket.destroy();
  const socket = client();
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
  expect(socket.destroyed).toBe(true);
});

test('without a gateway a connection is cut at once', async () => {
  const lonely = await startForwarder(join(folder, 'missing.sock'), 0);
  const socket = connect(lonely.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
  lonely.close();
});

test('a port that is taken is an error', async () => {
  await expect(startForwarder(join(folder, 'g.sock'), forwarder.port)).rejects.toThrow('EADDRINUSE');
});
