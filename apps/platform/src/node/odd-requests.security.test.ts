/** Whatever a client sends, it gets one answer with a code and all of our headers; nothing is printed, nothing breaks. */

import { exchange, missingHeaders, open, parseAnswer } from '@tinyfat/testing/raw-http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Served, startServed } from './test-support/served.ts';

const HOST = 'Host: tinyfat.example\r\nConnection: close\r\n';
const get = (target: string, more = '') => `GET ${target} HTTP/1.1\r\n${HOST}${more}\r\n`;

describe('an odd request', () => {
  let served: Served;
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const written = vi.spyOn(process.stderr, 'write');
  beforeAll(async () => {
    served = await startServed(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/break') throw new Error('broken');
      if (pathname === '/read') await request.arrayBuffer();
      return pathname === '/none' ? null : new Response('fine');
    });
  });
  afterAll(async () => {
    await served.close();
    printed.mockRestore();
    written.mockRestore();
  });

  it.each([
    ['a method that must never be answered', `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['a tunnel', `CONNECT tinyfat.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['a method of WebDAV', `PROPFIND / HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['a method of caches', `PURGE / HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['a method that nobody knows', `BREW /pot HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['a method in lower case', `get / HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    ['the whole server as target', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 400, 'invalid_request'],
    ['a target of another scheme', get('ftp://tinyfat.example/'), 400, 'invalid_request'],
    ['a percent sign alone', get('/%'), 400, 'invalid_request'],
    ['half a code', get('/a%2'), 400, 'invalid_request'],
    ['bytes that are no UTF-8', get('/%ff%fe'), 400, 'invalid_request'],
    ['a NUL', get('/%00'), 400, 'invalid_request'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'invalid_request'],
    ['two hosts', get('/', 'Host: evil.example\r\n'), 400, 'invalid_request'],
    [
      'a host with a path',
      'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n',
      400,
      'invalid_request',
    ],
    [
      'a host with a user',
      'GET / HTTP/1.1\r\nHost: u@a\r\nConnection: close\r\n\r\n',
      400,
      'invalid_request',
    ],
    [
      'a port of six digits',
      'GET / HTTP/1.1\r\nHost: a:99999\r\nConnection: close\r\n\r\n',
      400,
      'invalid_request',
    ],
    ['a header without a colon', get('/', 'nonsense\r\n'), 400, 'invalid_request'],
    ['a header with a NUL', get('/', 'X: a\0b\r\n'), 400, 'invalid_request'],
    ['two lengths', get('/', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400, 'invalid_request'],
    [
      'a length and chunks',
      get('/', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
      400,
      'invalid_request',
    ],
    [
      'a chunk of no size',
      `POST /read HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      'invalid_request',
    ],
    [
      'the greeting of TLS',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    ['a target of 20 kB', get(`/${'x'.repeat(20_000)}`), 431, 'headers_too_large'],
    ['a header of 20 kB', get('/', `X: ${'x'.repeat(20_000)}\r\n`), 431, 'headers_too_large'],
    ['2,000 headers', get('/', 'X-Some: thing\r\n'.repeat(2000)), 431, 'headers_too_large'],
    ['an expectation', get('/', 'Expect: the-unexpected\r\n'), 417, 'invalid_request'],
    ['what is not there', get('/none'), 404, 'not_found'],
    ['what breaks', get('/break'), 500, 'server_fault'],
  ])('with %s is refused with a code and all headers', async (_, text, status, code) => {
    const answer = parseAnswer(await exchange(served.port, text));
    expect([answer.status, missingHeaders(answer)]).toEqual([status, []]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toContain(`"code":"${code}"`);
    expect(answer.body).not.toMatch(/\.m?[jt]s:|\n +at /);
    if (status === 405) expect(answer.headers.get('allow')).toContain('GET');
    expect(printed).not.toHaveBeenCalled();
    expect(written.mock.calls.join('')).not.toMatch(/Error|\n +at /);
  });

  it.each([
    ['in absolute form', get('http://other.example/fine?a=b')],
    ['in absolute form without a path', get('http://other.example')],
    ['of HTTP/1.0 without a host', 'GET / HTTP/1.0\r\n\r\n'],
    ['that would rather speak another protocol', get('/', 'Upgrade: h2c\r\nConnection: upgrade\r\n')],
    ['with a body where none is wanted', get('/', 'Content-Length: 3\r\n').concat('abc')],
    ['with a query of odd codes', get('/?a=%&b=%00')],
    ['with slashes too many', get('//evil.example/%2e%2e/x')],
  ])('%s is answered', async (_, text) => {
    const socket = await open(served.port);
    const came = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
    socket.write(text, 'latin1');
    const answer = parseAnswer(await came);
    expect([answer.status, missingHeaders(answer)]).toEqual([200, []]);
    socket.destroy();
  });

  it('that does not come to its end is told so, with all headers', async () => {
    const slow = await startServed(async () => new Response('fine'), { headMs: 50, requestMs: 50 });
    for (const text of ['', 'GET / HTTP/1.1\r\nHost: a', `POST / HTTP/1.1\r\n${HOST}Content-Le`]) {
      const answer = parseAnswer(await exchange(slow.port, text));
      expect([answer.status, missingHeaders(answer)]).toEqual([408, []]);
      expect(answer.body).toContain('"code":"request_incomplete"');
    }
    await slow.close();
  });
});
