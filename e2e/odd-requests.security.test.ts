/** The real server, asked oddly: every kind of answer has all headers, and nothing is printed past the log. */

import { exchange, missingHeaders, open, parseAnswer } from '@tinyfat/testing/raw-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('an odd request to the server', () => {
  let server: Tinyfat;
  beforeAll(async () => {
    server = await startTinyfat({ environment: { LOG_LEVEL: 'debug' } });
  });
  afterAll(() => server?.dispose());

  const ask = async (line: string, more = '', body = '') => {
    const head = `${line} HTTP/1.1\r\nHost: ${server.host}:8025\r\nConnection: close\r\n${more}\r\n${body}`;
    return parseAnswer(await exchange(8025, head, server.host));
  };
  const HTML = 'Accept: text/html\r\n';
  const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

  it.each([
    ['a page', 'GET /sign-in', HTML, 200],
    ['a page that is not there', 'GET /nothing', HTML, 404],
    ['the page of an error', 'GET /500', HTML, 500],
    ['the first page', 'GET /', HTML, 200],
    ['slashes too many', 'GET //sign-in', HTML, 200],
    ['a slash at the end', 'GET /sign-in/', HTML, 200],
    ['a file', 'GET /favicon.svg', '', 200],
    ['a file that is not there', 'GET /_astro/nothing.css', '', 404],
    ['a form to a file', 'DELETE /favicon.svg', '', 404],
    ['a foreign form', 'POST /sign-in', `${FORM}Content-Length: 0\r\n`, 403],
    ['the API', 'GET /api/v1/me', '', 401],
    ['a method that the API does not know', 'PUT /api/v1/me', 'Content-Length: 0\r\n', 405],
    ['what a page does not answer', 'OPTIONS /sign-in', '', 200],
    ['a sign of life', 'GET /health/live', '', 200],
    ['metrics through a proxy', 'GET /metrics', 'X-Forwarded-For: 192.0.2.1\r\n', 404],
    ['a webhook', 'POST /webhooks/resend', 'Content-Length: 2\r\n', 404],
    ['a trace', 'TRACE /', '', 405],
    ['a path of odd codes', 'GET /%', '', 400],
    ['a path of many codes', 'GET /%25252525252525252525252525', '', 400],
    ['a path of dots', 'GET /%2e%2e/%2e%2e/etc/passwd', '', 404],
    ['a path of an island', 'GET /_server-islands/x', '', 400],
    ['a path of an image', 'GET /_image?href=http://127.0.0.1/', '', 403],
    ['a header too long', 'GET /', `X: ${'x'.repeat(20_000)}\r\n`, 431],
  ])('for %s is answered with all headers', async (_, line, more, status) => {
    const answer = await ask(line, more);
    expect([answer.status, missingHeaders(answer)]).toEqual([status, []]);
    if (status === 400) expect(answer.body).toContain('"code":"invalid_request"');
  });

  it('that ends in the middle is no fault', async () => {
    const form = `POST /sign-in HTTP/1.1\r\nHost: ${server.host}:8025\r\nOrigin: http://${server.host}:8025\r\n`;
    for (const head of [`${form}${FORM}`, `POST /webhooks/postmark HTTP/1.1\r\nHost: a\r\n`]) {
      const socket = await open(8025, server.host);
      socket.write(`${head}Content-Length: 1000\r\n\r\nhalf`, () => socket.destroy());
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await ask('GET /health/live')).status).toBe(200);
    expect(server.output()).not.toMatch(/api_fault|page_fault|http_fault/);
  });

  it('prints nothing but lines of the log', () => {
    const lines = server
      .output()
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.filter((line) => /^\s+at |Error:|\[ERROR\]|\[WARN\]/.test(line))).toEqual([]);
  });
});
