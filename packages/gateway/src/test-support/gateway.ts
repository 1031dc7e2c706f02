/** What the tests of the gateway share: a real gateway in a temporary folder, and clients that speak to its socket. */
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSpending } from '@tinyfat/core';
import type { GatewayEvent } from '../events.ts';
import type { EgressNetwork } from '../node/egress/network.ts';
import {
  createGateways,
  type Gateway,
  type GatewayRequest,
  type Gateways,
  type GatewaysOptions,
} from '../node/gateways.ts';

/** A gateway with everything that has to be cleaned up behind it. */
export interface GatewayFixture {
  gateways: Gateways;
  gateway: Gateway;
  socketPath: string;
  folder: string;
  events: GatewayEvent[];
  close(): Promise<void>;
}

/** Money that nothing caps and nobody counts. */
export const UNCAPPED: RunSpending = {
  models: [],
  reserved: null,
  reserve: async (microUsd) => ({ ok: true, microUsd }),
  settle: async () => {},
};

/** Opens a gateway in a fresh folder; without an upstream it serves the demo model. */
export async function openFixture(
  request: Partial<GatewayRequest> = {},
  options: Partial<GatewaysOptions> = {},
): Promise<GatewayFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'gw-'));
  const events: GatewayEvent[] = [];
  const gateways = createGateways({ now: Date.now, ...options });
  const socketPath = join(folder, 'gateway.sock');
  const opening = gateways.open({
    runId: 'run-1',
    socketPath,
    upstream: { kind: 'demo' },
    egress: { kind: 'public' },
    spending: UNCAPPED,
    onEvent: (event) => events.push(event),
    ...request,
  });
  const opened = await opening.catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  if (!opened.ok) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(opened.reason);
  }
  return {
    gateways,
    gateway: opened.gateway,
    socketPath,
    folder,
    events,
    async close() {
      await gateways.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An HTTP server on a free loopback port. */
export async function listen(
  listener: RequestListener,
): Promise<{ url: string; port: number; server: Server; close(): Promise<void> }> {
  const server = http.createServer(listener);
  const port = await listenOnPort(server);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Listens on a free loopback port and gives it. */
export async function listenOnPort(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface ReceivedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request over the socket, the answer read to its end; rejects when it is cut. */
export function ask(
  fixture: { socketPath: string },
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<ReceivedAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        socketPath: fixture.socketPath,
        path,
        method: options.method ?? 'POST',
        headers: options.headers ?? {},
        agent: false,
      },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          body += text;
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** Sends raw bytes and gives all that comes until the gateway closes or `until` is found in it. */
export function exchange(fixture: { socketPath: string }, bytes: string, until?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(fixture.socketPath);
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      received += text;
      if (until !== undefined && received.includes(until)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    socket.write(bytes, 'latin1');
  });
}

/** An outside world for the proxy: names as given, and every dial recorded and led to a loopback port. */
export function fakeNetwork(
  names: Record<string, string[]>,
  port: () => number,
): EgressNetwork & { dialled: string[]; asked: string[] } {
  const dialled: string[] = [];
  const asked: string[] = [];
  return {
    dialled,
    asked,
    resolve(name) {
      asked.push(name);
      return Promise.resolve(names[name] ?? []);
    },
    connect(address, targetPort) {
      dialled.push(`${address} ${targetPort}`);
      return net.connect({ host: '127.0.0.1', port: port(), allowHalfOpen: true });
    },
    ownAddresses: () => ['127.0.0.1', '8.8.4.4'],
  };
}
