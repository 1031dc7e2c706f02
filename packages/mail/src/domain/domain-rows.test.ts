import { expect, it } from 'vitest';
import { lookupError } from '../authenticate/lookups.ts';
import { type DomainQuestion, domainRows } from './domain-rows.ts';

type Zone = Record<string, string[] | 'fails'>;
const mx = (priority: number, exchange: string) => Object.assign([exchange], { priority, exchange });

/** Asks with these records, by `TYPE name`. */
async function rowsOf(zone: Zone, change: Partial<DomainQuestion> = {}) {
  const rows = await domainRows({
    domain: 'agents.example.com',
    publicHost: 'agents.example.com',
    receives: 'smtp',
    sends: { kind: 'relay', host: 'smtp.relay.example' },
    async resolve(name, type) {
      const found = zone[`${type} ${name}`];
      if (found === 'fails') throw lookupError(name, 'ESERVFAIL', 'no');
      if (found === undefined) throw lookupError(name, 'ENODATA', 'none');
      if (type !== 'MX')
        return type === 'TXT' ? found.map((text) => [text.slice(0, 3), text.slice(3)]) : found;
      return found.map((text) => mx(Number(text.split(' ')[0]), text.split(' ')[1] ?? ''));
    },
    ...change,
  });
  return rows.map(({ purpose, name, found, state, note }) => ({ purpose, name, found, state, note }));
}
const states = async (...asked: Parameters<typeof rowsOf>) =>
  (await rowsOf(...asked)).map(({ purpose, state }) => `${purpose} ${state}`);

it('are well where all is there', async () => {
  const zone = {
    'MX agents.example.com': ['10 agents.example.com.'],
    'TXT agents.example.com': ['google-site-verification=x', 'v=spf1 include:spf.relay.example ~all'],
    'TXT _dmarc.agents.example.com': ['v=DMARC1; p=reject'],
  };
  expect(await rowsOf(zone)).toMatchObject([
    { purpose: 'receiving', found: ['10 agents.example.com.'], state: 'ok', note: null },
    { purpose: 'SPF', found: ['v=spf1 include:spf.relay.example ~all'], state: 'ok' },
    { purpose: 'DKIM', state: 'unknown' },
    { purpose: 'DMARC', state: 'ok' },
  ]);
});

it('are missing, or not known where nobody answers', async () => {
  expect(await states({})).toEqual(['receiving missing', 'SPF missing', 'DKIM unknown', 'DMARC missing']);
  expect(
    await states({
      'MX agents.example.com': 'fails',
      'TXT agents.example.com': 'fails',
      'TXT _dmarc.agents.example.com': 'fails',
    }),
  ).toEqual(['receiving unknown', 'SPF unknown', 'DKIM unknown', 'DMARC unknown']);
});

it('an MX record of another name is well where it leads to the same machine', async () => {
  const zone: Zone = {
    'MX agents.example.com': ['10 mx.example.com'],
    'A agents.example.com': ['192.0.2.1'],
    'A mx.example.com': ['192.0.2.1'],
  };
  expect((await states(zone))[0]).toBe('receiving ok');
  zone['A mx.example.com'] = ['192.0.2.2'];
  expect((await rowsOf(zone))[0]).toMatchObject({
    state: 'different',
    note: expect.stringContaining('another machine'),
  });
});

it.each([
  ['postmark', '10 inbound.postmarkapp.com', 'ok'],
  ['postmark', '10 agents.example.com', 'different'],
  ['resend', '10 inbound-smtp.eu-west-1.amazonaws.com', 'ok'],
  ['email-routing', '42 route2.mx.cloudflare.net', 'ok'],
] as const)('mail taken in by %s wants the MX record of it: %s is %s', async (receives, record, state) => {
  const zone = { 'MX agents.example.com': [record] };
  expect((await states(zone, { receives }))[0]).toBe(`receiving ${state}`);
});

it.each([
  [['v=spf1 -all'], 'different'],
  [['v=spf1 ip4:192.0.2.1 -all'], 'ok'],
  [['v=spf1 a ~all', 'v=spf1 mx ~all'], 'different'],
])('SPF records %j are %s', async (records, state) => {
  expect((await states({ 'TXT agents.example.com': records }))[1]).toBe(`SPF ${state}`);
});

it('of several DMARC records receivers take none', async () => {
  const zone = { 'TXT _dmarc.agents.example.com': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] };
  expect((await rowsOf(zone)).at(-1)).toMatchObject({
    state: 'different',
    note: expect.stringContaining('one record'),
  });
});

it('a DMARC record of the registered domain holds too', async () => {
  expect((await states({ 'TXT _dmarc.example.com': ['v=DMARC1; p=none'] })).at(-1)).toBe('DMARC ok');
});

it('look for a key of the relay under the usual selectors, and take no other record for one', async () => {
  const at = (selector: string) => `TXT ${selector}._domainkey.agents.example.com`;
  const dkim = async (zone: Zone) => (await rowsOf(zone))[2];
  expect(await dkim({ [at('s1')]: ['v=DKIM1; k=rsa; p=MIGf'], [at('k1')]: ['p=abc'] })).toMatchObject({
    ...{ purpose: 'DKIM', state: 'ok', name: 's1._domainkey.agents.example.com' },
    found: ['v=DKIM1; k=rsa; p=MIGf', 'k1._domainkey.agents.example.com: p=abc'],
    note: expect.stringContaining('source of a mail'),
  });
  const revoked = { [at('s1')]: ['v=DKIM1; p='], [at('mail')]: ['v=spf1 -all'] };
  expect(await dkim(revoked)).toMatchObject({
    ...{ state: 'unknown', name: '(selector)._domainkey.agents.example.com', found: [] },
    note: expect.stringContaining('No usual selector'),
  });
  expect(await dkim({ [at('s1')]: 'fails' })).toMatchObject({
    state: 'unknown',
    note: expect.stringContaining('lookup failed'),
  });
});

it('look for the return path of Postmark', async () => {
  const path = async (zone: Zone) => (await rowsOf(zone, { sends: { kind: 'postmark' } }))[2];
  expect(await path({ 'CNAME pm-bounces.agents.example.com': ['PM.mtasv.net.'] })).toMatchObject({
    purpose: 'return path',
    state: 'ok',
  });
  expect(await path({})).toMatchObject({ state: 'unknown', note: expect.stringContaining('Postmark') });
});

it('are those that Resend shows, each under its whole name', async () => {
  const row = { priority: null, status: 'pending' };
  const rows = [
    { ...row, type: 'MX', name: 'send.agents', value: 'feedback-smtp.eu-west-1.amazonses.com', priority: 10 },
    { ...row, type: 'TXT', name: 'send.agents', value: 'v=spf1 include:amazonses.com ~all' },
    { ...row, type: 'TXT', name: 'resend._domainkey.agents', value: 'p=MIGf' },
    { ...row, type: 'TXT', name: 'other._domainkey', value: 'p=abc' },
    { ...row, type: 'MX', name: 'agents', value: 'inbound-smtp.eu-west-1.amazonaws.com', priority: 9 },
  ];
  const zone = {
    'MX send.agents.example.com': ['10 feedback-smtp.eu-west-1.amazonses.com.'],
    'TXT send.agents.example.com': ['v=spf1 include:other.example ~all'],
    'TXT resend._domainkey.agents.example.com': ['p=MI Gf'],
  };
  const found = await rowsOf(zone, { receives: 'resend', sends: { kind: 'resend', rows } });
  expect(found.map(({ purpose, name, state }) => [purpose, name, state])).toEqual([
    ['receiving', 'agents.example.com', 'missing'],
    ['return path', 'send.agents.example.com', 'ok'],
    ['SPF', 'send.agents.example.com', 'different'],
    ['DKIM', 'resend._domainkey.agents.example.com', 'ok'],
    ['DKIM', 'other._domainkey.agents.example.com', 'missing'],
    ['DMARC', '_dmarc.agents.example.com', 'missing'],
  ]);
});

it('show few and short records, however many somebody made', async () => {
  const records = Array.from({ length: 50 }, (_, at) => `${at} ${'x'.repeat(2000)}`);
  const [row] = await rowsOf({ 'MX agents.example.com': records }, { receives: 'postmark' });
  expect(row?.found).toHaveLength(5);
  expect(row?.found.every((record) => record.length <= 500)).toBe(true);
});
