import { expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { domainLook } from './domain-look.ts';
import { localMail } from './local-mail.ts';

function configOf(environment: Record<string, string> = {}) {
  const read = readConfig(environment);
  if (!read.ok) throw new Error(read.problems.join(' '));
  return read.config;
}
const local = (environment: Record<string, string>) =>
  localMail(
    configOf(environment),
    '/nowhere',
    { makeId: () => 'id' },
    { read: async () => ({ ok: false, code: 'unreadable', reason: '' }) },
  );

it('there is mail without a mail program only while none leaves, and it is taken from this machine', async () => {
  expect(local({})).not.toBeNull();
  expect(local({ SMTP_PORT: '0' })).toBeNull();
  expect(local({ SMTP_URL: 'smtp://relay.example' })).toBeNull();
  expect(local({ RESEND_API_KEY: 're_key' })).toBeNull();
  expect(local({ MAIL_DOMAIN: 'agents.example' })).toBeNull();
  expect(await local({})?.sent('some-delivery')).toBeNull();
});

it('the mail domain is looked up where it is one', () => {
  expect(domainLook(configOf())).toBeNull();
  expect(domainLook(configOf({ MAIL_DOMAIN: 'agents.example' }))).not.toBeNull();
});
