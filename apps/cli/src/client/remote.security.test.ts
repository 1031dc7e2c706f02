/** A server that is not what it should be: the token goes nowhere else, and nothing it says does harm. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentRoutes, keyRoutes, runRoutes } from '@tinyfat/platform';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../command.ts';
import { refused } from './open-api.ts';
import { remoteApi } from './remote.ts';

const TOKEN = `tf_${'s'.repeat(43)}`;
const BOUNDS = { beginMs: 30_000, wholeMs: 30_000, maxBytes: 100_000 };
const EMPTY = { data: [], next_cursor: null };

describe('a server', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    vi.restoreAllMocks();
  });
  /** Answers every request so; gives its address and what came. */
  async function serve(answer: RequestListener) {
    const came: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      came.push(request);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, came };
  }
  const json = (status: number, body: unknown, type = 'application/json') =>
    serve((_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(JSON.stringify(body));
    });
  const list = async (url: string, bounds = BOUNDS) =>
    await remoteApi({ url, token: TOKEN }, bounds).call(agentRoutes.listAgents);

  it('gets the token, the path and the body as they were given', async () => {
    const { url, came } = await json(200, EMPTY);
    expect(await list(`${url}/below`)).toEqual({ ok: true, body: EMPTY });
    expect(came[0]).toMatchObject({
      url: '/below/api/v1/agents',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const { call } = remoteApi({ url, token: TOKEN });
    await call(agentRoutes.getAgent, { params: { agent: 'a/b?c#d%2e' } });
    expect(came[1]?.url).toBe('/api/v1/agents/a%2Fb%3Fc%23d%252e');
    await call(keyRoutes.listKeys, { query: { owner: 'a&b=c@example.com' } });
    expect(came[2]?.url).toBe('/api/v1/keys?owner=a%26b%3Dc%40example.com');
  });

  it('is never asked for another path than the one of the route', async () => {
    const { url, came } = await json(200, {});
    for (const agent of ['', '.', '..']) {
      const { call } = remoteApi({ url, token: TOKEN });
      expect(await call(agentRoutes.deleteAgent, { params: { agent } })).toMatchObject({ status: 404 });
    }
    expect(came).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])('that redirects with %i is not followed', async (status) => {
    const thief = await json(200, EMPTY);
    const { url } = await serve((_request, response) => {
      response.writeHead(status, { location: `${thief.url}/api/v1/agents` }).end();
    });
    const answer = await list(url);
    expect(answer).toMatchObject({ ok: false, code: 'server_redirects' });
    expect(JSON.stringify(answer)).toContain(thief.url);
    expect(thief.came).toEqual([]);
  });

  it('that is not there is named with the reason, without the token', async () => {
    const { url } = await json(200, EMPTY);
    servers.splice(0)[0]?.close();
    const answer = await list(url);
    expect(answer).toMatchObject({ ok: false, code: 'server_unreachable', status: null });
    expect(JSON.stringify(answer)).toContain('ECONNREFUSED');
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  it('that says nothing, or never comes to an end, is left', async () => {
    const silent = await serve(() => {});
    expect(await list(silent.url, { ...BOUNDS, beginMs: 50 })).toMatchObject({
      code: 'server_unreachable',
      detail: expect.stringContaining('It took too long.'),
    });
    const slow = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    expect(await list(slow.url, { ...BOUNDS, wholeMs: 50 })).toMatchObject({ code: 'server_unreachable' });
    const endless = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    });
    expect(await list(endless.url)).toMatchObject({ code: 'server_not_understood' });
  });

  it.each([
    ['a page', 200, '<html>', 'text/html'],
    ['JSON of another kind', 200, { data: [{ id: 7 }], next_cursor: null }, 'application/json'],
    ['another status', 202, EMPTY, 'application/json'],
    ['the page of a proxy', 502, '<html>', 'text/html'],
    [
      'a problem of another status',
      403,
      { status: 404, code: 'x', detail: 'x', next_step: 'x' },
      'application/json',
    ],
  ])('that answers with %s is no tinyfat server', async (_what, status, body, type) => {
    const { url } = await json(status, body, type);
    expect(await list(url)).toMatchObject({ ok: false, status: null, code: 'server_not_understood' });
  });

  it('of a newer version may say more than is known here', async () => {
    const run = { id: '1', attempt: 1, event: { type: 'text' }, of_tomorrow: true };
    const { url } = await json(200, { data: [run], next_cursor: null, of_tomorrow: [] });
    const answer = await remoteApi({ url, token: TOKEN }).call(runRoutes.getRunEvents, {
      params: { id: 'x' },
    });
    expect(answer).toEqual({
      ok: true,
      body: { list: { data: [{ id: '1', attempt: 1, event: { type: 'text' } }], next_cursor: null } },
    });
  });

  it('that refuses is quoted without what could steer a terminal, and not at any length', async () => {
    const detail = `no \u001b[2J\u009b31m\u202e${'x'.repeat(100_000)}`.slice(0, 90_000);
    const { url } = await json(403, { status: 403, code: 'x', detail, next_step: 'Ask.\u0007' });
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const answer = await list(url);
    if (answer.ok) throw new Error('it was not refused');
    expect(refused(answer)).toBe(1);
    const [[line = ''] = []] = said.mock.calls;
    expect(line).toMatch(/^tinyfat: no {1,2}\[2J 31m x+ Ask\. ?$/);
    expect(line.length).toBeLessThan(5000);
    const wrong = { ...answer, status: 400, detail: '"owner": a\u001bb' };
    expect(() => refused(wrong)).toThrow(new UsageError('--owner: a b'));
  });
});
