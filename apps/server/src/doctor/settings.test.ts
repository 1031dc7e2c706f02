/** Settings that do nothing or harm together, and what is said of keys, mail and accounts as they are set. */
import { describe, expect, it } from 'vitest';
import { accountsCheck } from './accounts.ts';
import type { Check, State } from './finding.ts';
import { mailDomainCheck, mailOutCheck, webhooksCheck } from './mail-settings.ts';
import { modelKeyCheck } from './model-key.ts';
import type { Records } from './records.ts';
import { settingsCheck } from './settings.ts';
import { configOf, look } from './test-support/look.ts';

const GIB = 2 ** 30;
const absent = async (): Promise<Records> => ({ state: 'absent' });
const open = (change: Partial<Extract<Records, { state: 'open' }>> = {}) => {
  const records: Records = { state: 'open', agents: 0, owners: 0, keyOwners: 0, failing: null, ...change };
  return async () => records;
};
const told = async (check: Check) =>
  (await look(check)).map(({ state, found }): [State, string] => [state, found]);

describe('settings together', () => {
  const settings = (environment: Record<string, string>, memory = 64 * GIB) =>
    told(settingsCheck(configOf({ WORKERS: '2', ...environment }), memory));
  const OWN = { MAIL_DOMAIN: 'agents.example' };

  it('contradict nothing by default, or on a server with a proxy in front', async () => {
    expect(await settings({})).toEqual([['ok', 'nothing contradicts']]);
    const server = {
      ...OWN,
      SMTP_HOST: '0.0.0.0',
      PUBLIC_URL: 'https://agents.example.com',
      TRUSTED_PROXIES: '127.0.0.1',
    };
    expect(await settings(server)).toEqual([['ok', 'nothing contradicts']]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a listener that nobody reaches', OWN, /reached from this machine only/],
    [
      'local programs that are trusted',
      { ...OWN, SMTP_HOST: '0.0.0.0', TRUSTED_CLIENTS: '127.0.0.0/8' },
      /in anybody's name/,
    ],
    ['the default domain in public', { SMTP_HOST: '0.0.0.0' }, /MAIL_DOMAIN is tinyfat\.localhost/],
    ['a proxy that is not named', { PUBLIC_URL: 'https://agents.example.com' }, /TRUSTED_PROXIES is empty/],
    ['pages without TLS', { PUBLIC_URL: 'http://agents.example.com', HOST: '0.0.0.0' }, /unencrypted/],
    [
      'a limit above another',
      { AGENT_MAILS_PER_HOUR: '900', AGENT_MAILS_PER_DAY: '500' },
      /AGENT_MAILS_PER_HOUR \(900\) is never reached/,
    ],
  ])('tell of %s', async (_, environment, expected) => {
    expect(await settings(environment)).toEqual([['note', expect.stringMatching(expected)]]);
  });

  it('tell of more turns than there is memory for', async () => {
    expect(await settings({ WORKERS: '8' }, 3.5 * GIB)).toEqual([
      ['note', '8 turns at once may need 8 GiB, and there are 3.5'],
    ]);
  });
});

describe('mail as it is set', () => {
  it('is a note while nothing leaves the machine', async () => {
    expect(await told(mailDomainCheck(configOf()))).toEqual([['note', 'tinyfat.localhost']]);
    expect(await told(mailOutCheck(configOf()))).toEqual([['note', expect.stringContaining('Maildir')]]);
  });

  it('shows the relay without its password', async () => {
    const config = configOf({ SMTP_URL: 'smtps://me:hunter2@relay.example:465' });
    expect(await told(mailOutCheck(config))).toEqual([['ok', 'SMTP relay relay.example:465']]);
  });

  it('misses the webhook of a provider that sends, and HTTPS for one that is set', async () => {
    expect(await told(webhooksCheck(configOf()))).toEqual([['ok', 'none']]);
    const sends = { RESEND_API_KEY: 're_x' };
    expect(await told(webhooksCheck(configOf(sends)))).toEqual([
      ['note', expect.stringContaining('bounces')],
    ]);
    const hooked = { ...sends, RESEND_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}` };
    expect(await told(webhooksCheck(configOf(hooked)))).toEqual([
      ['note', 'of Resend, and PUBLIC_URL is http://localhost:8025'],
    ]);
    const reached = { ...hooked, PUBLIC_URL: 'https://hooks.example.com' };
    expect(await told(webhooksCheck(configOf(reached)))).toEqual([['ok', 'of Resend']]);
    const postmark = { POSTMARK_SERVER_TOKEN: 'x' };
    expect(await told(webhooksCheck(configOf(postmark)))).toEqual([
      ['note', expect.stringContaining('Postmark')],
    ]);
  });
});

describe('the key of the model', () => {
  const key = `sk-ant-api03-${'x'.repeat(95)}`;
  const model = (environment: Record<string, string>, records = absent) =>
    told(modelKeyCheck(configOf(environment), records));

  it('is looked at by its form, and never shown', async () => {
    expect(await model({ ANTHROPIC_API_KEY: key })).toEqual([['ok', 'a key for api.anthropic.com']]);
    for (const wrong of [key.slice(0, 40), 'hunter2']) {
      const found = await model({ ANTHROPIC_API_KEY: wrong });
      expect(found).toEqual([['note', expect.stringContaining('unusual form')]]);
      expect(JSON.stringify(found)).not.toContain(wrong);
    }
    expect(await model({ ANTHROPIC_API_KEY: 'sk-ant-admin01-x' })).toEqual([
      ['broken', expect.stringContaining('admin key')],
    ]);
    expect(await model({ ANTHROPIC_API_KEY: 'sk-ant-oat01-x' })).toEqual([
      ['broken', expect.stringContaining('subscription')],
    ]);
  });

  it('may have any form for another server', async () => {
    const environment = { ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: 'https://llm.example.com' };
    expect(await model(environment)).toEqual([['ok', 'a key for llm.example.com']]);
  });

  it('is a note where there is none, with the owners who have their own', async () => {
    expect(await model({}, open({ keyOwners: 2 }))).toEqual([
      ['note', 'the built-in demo model; 2 owners have keys of their own'],
    ]);
  });
});

describe('accounts', () => {
  const accounts = (environment: Record<string, string>, records = absent) =>
    told(accountsCheck(configOf(environment), records));

  it('are a note where nobody can sign in', async () => {
    expect(await accounts({})).toEqual([['note', 'nobody can sign in on the pages']]);
    expect(await accounts({}, open())).toEqual([['note', 'nobody can sign in on the pages']]);
  });

  it('say who can', async () => {
    expect(await accounts({ ADMIN_EMAILS: 'a@example.com' }, open({ owners: 3 }))).toEqual([
      ['ok', '1 admin, 3 owners of agents can sign in; start prints the links'],
    ]);
    expect(await accounts({ SIGNUP: 'open', SMTP_URL: 'smtp://relay.example' })).toEqual([
      ['ok', 'everybody (SIGNUP=open) can sign in'],
    ]);
    const noAdmin = { PUBLIC_URL: 'https://agents.example.com', SMTP_URL: 'smtp://relay.example' };
    expect(await accounts(noAdmin, open({ owners: 1 }))).toEqual([['note', '1 owner of agents can sign in']]);
  });
});
