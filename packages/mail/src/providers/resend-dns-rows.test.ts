/** The DNS rows come from Resend, and an answer that is none is no reason to fail. */
import { createServer } from 'node:http';
import { listenOnLoopback } from '@tinyfat/testing/stand-ins/loopback-server';
import { afterEach, expect, it } from 'vitest';
import { resendDnsRows } from './resend-dns-rows.ts';

const ROWS = [
  {
    record: 'SPF',
    name: 'send',
    type: 'MX',
    value: 'feedback.example.net',
    priority: 10,
    status: 'verified',
    ttl: 'Auto',
  },
  { record: 'DKIM', name: 'resend._domainkey', type: 'TXT', value: 'p=MIGf', status: 'pending', ttl: 'Auto' },
];
let close = async () => {};
afterEach(() => close());

/** A server that answers these paths to this key alone. */
async function serve(answers: Record<string, unknown>): Promise<string> {
  const server = createServer((request, response) => {
    const answer = request.headers.authorization === 'Bearer re_key' ? answers[request.url ?? ''] : undefined;
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { message: 'no' }));
  });
  const listening = await listenOnLoopback(server);
  close = listening.close;
  return listening.url;
}
const rows = (baseUrl: string, key = 're_key') => resendDnsRows({ key, baseUrl, fetch }, 'mail.example.com');
const LIST = {
  data: [
    { id: 'other', name: 'example.com' },
    { id: 'd/1', name: 'mail.example.com' },
  ],
};

it('are those of the domain that mail has', async () => {
  const url = await serve({ '/domains': LIST, '/domains/d%2F1': { records: ROWS } });
  expect(await rows(url)).toEqual([
    { type: 'MX', name: 'send', value: 'feedback.example.net', priority: 10, status: 'verified' },
    { type: 'TXT', name: 'resend._domainkey', value: 'p=MIGf', priority: null, status: 'pending' },
  ]);
});

it.each([
  ['another domain', { '/domains': { data: [LIST.data[0]] } }, 're_key'],
  ['a key that may not ask', { '/domains': LIST }, 're_other'],
  [
    'rows with signs for the terminal',
    { '/domains': LIST, '/domains/d%2F1': { records: [{ ...ROWS[1], value: '\u001b[2J' }] } },
    're_key',
  ],
  ['something else', { '/domains': ['?'] }, 're_key'],
])('are unknown with %s', async (_, answers, key) => {
  expect(await rows(await serve(answers), key)).toBeNull();
});

it('are unknown where nobody answers', async () => {
  expect(await rows('http://127.0.0.1:1')).toBeNull();
});
