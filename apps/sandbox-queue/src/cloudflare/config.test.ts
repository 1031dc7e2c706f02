import { expect, it } from 'vitest';
import { readSettings } from './config.ts';

const VARS = { MAIL_DOMAIN: 'agents.example.com', RESEND_API_KEY: 're_key' };

it('reads variables and secrets, and leaves bindings alone', () => {
  const settings = readSettings({ ...VARS, DATA: {}, JOBS: { send() {} }, OPERATOR_PAYS: 'yes' });
  expect(settings).toMatchObject({
    mailDomain: 'agents.example.com',
    mailProvider: { kind: 'resend', key: 're_key' },
    operatorPays: true,
    workers: 20,
    turnTimeoutMs: 600_000,
  });
  expect(readSettings(VARS).operatorPays).toBe(false);
});

it.each([
  [
    'a turn that does not fit into an invocation',
    { TURN_TIMEOUT_S: '721' },
    'TURN_TIMEOUT_S must be at most 720',
  ],
  ['no way out for mail', { RESEND_API_KEY: '' }, 'RESEND_API_KEY or POSTMARK_SERVER_TOKEN must be set'],
  ['a number of turns that is none', { WORKERS: '0' }, 'WORKERS must be a whole number'],
  [
    'what no server takes either',
    { RETENTION_MAIL_DAYS: 'long', MAIL_DOMAIN: '?' },
    'MAIL_DOMAIN is no domain',
  ],
])('refuses %s', (_name, vars, problem) => {
  expect(() => readSettings({ ...VARS, ...vars })).toThrow(problem);
});

it('takes the longest turn that fits', () => {
  expect(readSettings({ ...VARS, TURN_TIMEOUT_S: '720' }).turnTimeoutMs).toBe(720_000);
});

it('counts on no more turns at once than a queue has consumers', () => {
  expect(readSettings({ ...VARS, WORKERS: '9999' }).workers).toBe(250);
});
