/** What is left to do by hand is said with the address of this installation, and without any secret. */
import { RESEND_EVENTS } from '@tinyfat/core';
import type { DnsRows } from '@tinyfat/mail';
import { expect, it } from 'vitest';
import { nextSteps } from './next-steps.ts';

const URL = 'https://agents.example.com';
const said = (secrets: Record<string, string>, vars: Record<string, string> = {}, rows: DnsRows = null) =>
  nextSteps(
    {
      token: 'secret-token',
      accountId: null,
      apiUrl: URL,
      hostname: null,
      vars: { MAIL_DOMAIN: 'mail.example.com', ...vars },
      secrets,
    },
    URL,
    rows,
  ).join('\n');

it('for Resend: the webhook with its events, and its secret while that is missing', () => {
  const first = said({ RESEND_API_KEY: 'secret-key' });
  expect(first).toContain(`${URL}/webhooks/resend, with the events ${RESEND_EVENTS.join(', ')}`);
  expect(first).toContain('Then set RESEND_WEBHOOK_SECRET');
  expect(first).toContain('_dmarc.mail.example.com');
  expect(first).toContain('set ADMIN_EMAILS');
  const then = said(
    { RESEND_API_KEY: 'secret-key', RESEND_WEBHOOK_SECRET: 'whsec_secret' },
    { ADMIN_EMAILS: 'you@example.com' },
  );
  expect(then).not.toContain('Then set');
  expect(then).toContain(`Sign in at ${URL} as you@example.com`);
  expect(`${first}${then}`).not.toContain('secret-');
  expect(then).not.toContain('whsec_secret');
});

it('with the DNS rows that Resend names', () => {
  const row = { type: 'MX', name: 'send', value: 'feedback.example.net', priority: 10, status: 'pending' };
  const text = said({ RESEND_API_KEY: 'secret-key' }, {}, [row]);
  expect(text).toContain('send MX 10 feedback.example.net   (pending)');
  expect(text).toContain('_dmarc.mail.example.com. TXT "v=DMARC1; p=reject"');
});

it('for Postmark: the address with the place of its login, never the login', () => {
  const first = said({ POSTMARK_SERVER_TOKEN: 'secret-token' });
  expect(first).toContain('https://user:password@agents.example.com/webhooks/postmark');
  expect(first).toContain('Then set POSTMARK_WEBHOOK_AUTH');
  const then = said({ POSTMARK_SERVER_TOKEN: 'secret-token', POSTMARK_WEBHOOK_AUTH: 'me:secret-word' });
  expect(then).not.toContain('Then set');
  expect(`${first}${then}`).not.toContain('secret-');
});
