import { expect, it } from 'vitest';
import { lookupError } from '../authenticate/lookups.ts';
import { type DomainLookOptions, mailDomainLook } from './mail-domain-look.ts';

let opened = 0;
let cancelled = 0;
let now = 0;
const look = (change: Partial<DomainLookOptions> = {}) => mailDomainLook(optionsWith(change), () => now);
const optionsWith = (change: Partial<DomainLookOptions>): DomainLookOptions => ({
  domain: 'mail.example.com',
  publicUrl: new URL('https://mail.example.com'),
  receives: 'smtp',
  provider: null,
  relay: null,
  resolver() {
    opened += 1;
    return {
      resolve: async (name) => {
        throw lookupError(name, 'ENOTFOUND', 'no');
      },
      cancel() {
        cancelled += 1;
      },
    };
  },
  fetch: async () => {
    throw new Error('nobody is asked');
  },
  ...change,
});
const answers = (of: Record<string, unknown>) => async (url: string | URL | Request) => {
  const body = of[new URL(String(url)).pathname];
  return body === undefined ? new Response('{}', { status: 401 }) : Response.json(body);
};
const provider = (kind: 'resend' | 'postmark') => ({ kind, key: 'secret-key', baseUrl: 'https://api.test' });
const RESEND = { kind: 'resend' as const, key: 'secret-key', baseUrl: 'https://api.test' };
const row = { name: 'resend._domainkey.mail', type: 'TXT', value: 'p=x' };
const domain = { '/domains': { data: [{ id: 'd', name: 'mail.example.com' }] } };

it.each([
  [{}, 'trouble', 'stays in the mailbox'],
  [{ relay: 'smtp.relay.test' }, 'unknown', 'next mail'],
  [{ provider: RESEND, fetch: answers({}) }, 'unknown', 'does not know mail.example.com'],
  [
    {
      provider: RESEND,
      fetch: answers({ ...domain, '/domains/d': { records: [{ ...row, status: 'pending' }] } }),
    },
    'trouble',
    'has not verified 1',
  ],
  [
    {
      provider: RESEND,
      fetch: answers({ ...domain, '/domains/d': { records: [{ ...row, status: 'verified' }] } }),
    },
    'ok',
    'has verified',
  ],
  [{ provider: provider('postmark'), fetch: answers({ '/server': {} }) }, 'ok', 'takes the token'],
  [{ provider: provider('postmark'), fetch: answers({}) }, 'trouble', '(401)'],
  [{ provider: provider('postmark') }, 'unknown', 'could not be reached'],
])('says how the sender is: %#', async (change, state, said) => {
  const report = await look(change)();
  expect(report.sender).toMatchObject({ state, said: expect.stringContaining(said) });
  expect(JSON.stringify(report)).not.toContain('secret-key');
});

it('looks once for all who ask at the same time or soon after, and gives the resolver back', async () => {
  opened = 0;
  cancelled = 0;
  const ask = look();
  const [one, two] = await Promise.all([ask(), ask()]);
  expect(one).toBe(two);
  now += 9_999;
  expect(await ask()).toBe(one);
  expect([opened, cancelled]).toEqual([1, 1]);
  now += 1;
  await ask();
  expect([opened, cancelled]).toEqual([2, 2]);
});
