/** What the tests of the proxy share: a world outside with one real server, and clients behind a gateway. */
import http, { type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type EgressPolicy, parseEgressAllow } from '@tinyfat/core';
import { afterEach, beforeEach } from 'vitest';
import type { GatewayLimits } from '../node/limits.ts';
import { ask, exchange, fakeNetwork, type GatewayFixture, listen, openFixture } from './gateway.ts';

/** What the DNS of the world says. */
export const NAMES = {
  'good.example.com': ['93.184.215.14'],
  'both.example.com': ['93.184.215.14', '2606:2800:21f::1'],
  'rebind.example.com': ['93.184.215.14', '127.0.0.1'],
  'rebind6.example.com': ['::ffff:169.254.169.254', '93.184.215.14'],
  'inside.example.com': ['10.0.0.5'],
  'odd.example.com': ['not an address'],
  'own.example.com': ['8.8.4.4'],
  'nothing.example.com': [],
};

/** A request that reached the server outside. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The world of one test; `network` may be replaced before a gateway is opened. */
export interface ProxyWorld {
  targetPort: number;
  seen: SeenRequest[];
  network: ReturnType<typeof fakeNetwork>;
  /** Called in reverse order after the test. */
  cleanUps: (() => Promise<void>)[];
  /** `allow` as the operator writes it. */
  open(egress?: EgressPolicy, limits?: Partial<GatewayLimits>, allow?: string): Promise<GatewayFixture>;
}

/** Registers a fresh world for each test of the calling file. */
export function proxyWorld(): ProxyWorld {
  const world: ProxyWorld = {
    targetPort: 0,
    seen: [],
    network: fakeNetwork(NAMES, () => world.targetPort),
    cleanUps: [],
    async open(egress = { kind: 'public' }, limits = {}, allow) {
      const parsed = allow === undefined ? null : parseEgressAllow(allow);
      if (parsed?.ok === false) throw new Error(parsed.reason);
      const options = { network: world.network, limits, allow: parsed?.allow ?? [] };
      const fixture = await openFixture({ egress }, options);
      world.cleanUps.push(fixture.close);
      return fixture;
    },
  };
  beforeEach(async () => {
    const seen: SeenRequest[] = [];
    const target = await listen((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
        response.writeHead(200, {
          'set-cookie': ['a=1', 'b=2'],
          'x-answer': 'yes',
          'keep-alive': 'timeout=1',
        });
        response.end(`saw ${request.url}`);
      });
    });
    world.seen = seen;
    world.targetPort = target.port;
    world.network = fakeNetwork(NAMES, () => world.targetPort);
    world.cleanUps.push(target.close);
  });
  afterEach(async () => {
    for (const cleanUp of world.cleanUps.splice(0).reverse()) await cleanUp();
  });
  return world;
}

/** A GET through the proxy. */
export const get = (fixture: GatewayFixture, url: string, headers = {}) =>
  ask(fixture, url, { method: 'GET', headers });
/** The status that CONNECT gets. */
export const connectStatus = async (fixture: GatewayFixture, authority: string, extra = '') => {
  const answer = await exchange(
    fixture,
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${extra}\r\n`,
    '\r\n\r\n',
  );
  return Number(answer.split(' ')[1]);
};

/** A tunnel that stands. */
export function tunnel(fixture: GatewayFixture, authority = 'good.example.com:443'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      socketPath: fixture.socketPath,
      method: 'CONNECT',
      path: authority,
      agent: false,
    });
    request.on('connect', (answer, socket) => {
      socket.on('error', () => {});
      if (answer.statusCode === 200) resolve(socket);
      else reject(new Error(`status ${answer.statusCode}`));
    });
    request.on('error', reject);
    request.end();
  });
}
