import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guardedListener } from './guarded-listener.ts';

const uncaught: unknown[] = [];
const note = (fault: unknown) => void uncaught.push(fault);
const cleanUps: (() => Promise<void>)[] = [];
beforeEach(() => {
  uncaught.length = 0;
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  expect(uncaught).toEqual([]);
});

async function serve(listener: (...words: Parameters<RequestListener>) => unknown) {
  const reported: [unknown, string][] = [];
  const publicUrl = new URL('https://mail.example.com');
  const reportFault = (fault: unknown, route: string) => String(reported.push([fault, route]));
  const server = createServer(guardedListener(listener, { publicUrl, reportFault }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, port, reported };
}

const broken = new Error('broken');
test.each([
  [
    'thrown',
    () => {
      throw broken;
    },
  ],
  ['rejected', () => Promise.reject(broken)],
])('a fault that is %s is reported and answered with 500 and our headers', async (_name, listener) => {
  const { url, reported } = await serve(listener);
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([500, '']);
  expect(answer.headers.get('content-security-policy')).not.toBeNull();
  expect(reported).toEqual([[broken, 'listener']]);
});

test('an answer that has begun is cut, never ended as if it were whole', async () => {
  const { url, reported } = await serve(async (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200);
    response.write('half');
    throw broken;
  });
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
  expect(reported).toHaveLength(1);
});

test('a client that hangs up in the middle, both ways, is no fault', async () => {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const { port, reported } = await serve((request, response) => {
    request.resume();
    response.writeHead(200);
    response.write('x'.repeat(100_000));
    response.once('close', () => {
      response.write('into nothing');
      response.end();
      resolve();
    });
  });
  const client = connect(port, '127.0.0.1', () => {
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', () =>
      client.resetAndDestroy(),
    );
  });
  client.on('error', () => {});
  await gone;
  expect(reported).toEqual([]);
});
