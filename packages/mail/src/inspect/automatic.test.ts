import { describe, expect, it } from 'vitest';
import { automaticSigns, type HeaderField } from './automatic.ts';

interface Given {
  headers?: Record<string, string>;
  envelopeSender?: string;
  fromAddress?: string;
  subject?: string;
}

function signsOf({ headers = {}, ...rest }: Given): string[] {
  const fields: HeaderField[] = Object.entries(headers).map(([key, value]) => ({ key, value }));
  const person = { envelopeSender: 'ann@example.com', fromAddress: 'ann@example.com', subject: 'Hello' };
  return automaticSigns({ ...person, ...rest, headers: fields });
}

describe('automaticSigns', () => {
  it.each<[string, Given, string]>([
    ['our own answers', { headers: { 'auto-submitted': 'auto-replied' } }, 'auto-submitted:auto-replied'],
    [
      'Auto-Submitted with a comment',
      { headers: { 'auto-submitted': '(x) auto-generated; a=b' } },
      'auto-submitted:auto-generated',
    ],
    ['a null reverse-path', { envelopeSender: '' }, 'null-reverse-path'],
    ['a null reverse-path with brackets', { envelopeSender: '<>' }, 'null-reverse-path'],
    [
      'a bounce',
      { headers: { 'content-type': 'multipart/report; report-type=delivery-status; boundary=x' } },
      'delivery-status',
    ],
    [
      'a read receipt',
      { headers: { 'content-type': 'multipart/report; report-type="disposition-notification"' } },
      'disposition-notification',
    ],
    [
      'a complaint',
      { headers: { 'content-type': 'multipart/report; report-type=feedback-report' } },
      'feedback-report',
    ],
    ['a mailing list', { headers: { 'list-id': '<dev.example.com>' } }, 'list'],
    ['bulk', { headers: { precedence: 'bulk' } }, 'precedence'],
    [
      'Exchange out of office',
      { headers: { 'x-auto-response-suppress': 'OOF, AutoReply' } },
      'x-auto-response-suppress',
    ],
    ['an old autoresponder', { headers: { 'x-autoreply': 'yes' } }, 'x-autoreply'],
    ['the mailer daemon', { fromAddress: 'MAILER-DAEMON@example.com' }, 'mailer-daemon'],
    ['a no-reply address', { fromAddress: 'no-reply@example.com' }, 'no-reply-address'],
    ['a vacation subject', { subject: 'Automatic reply: Hello' }, 'subject'],
    ['a bounce subject', { subject: 'Undelivered Mail Returned to Sender' }, 'subject'],
  ])('finds %s', (_, given, sign) => expect(signsOf(given)).toContain(sign));

  it.each<[string, Given]>([
    ['a plain mail', {}],
    ['Auto-Submitted: no', { headers: { 'auto-submitted': 'no (really)' } }],
    ['a person who writes about absence', { subject: 'Out of office next week, please plan' }],
    ['a person who writes about bounces', { subject: 'Re: failure notice for you?' }],
    ['normal precedence', { headers: { precedence: 'normal' } }],
    ['suppressed receipts only', { headers: { 'x-auto-response-suppress': 'DR, RN, NRN' } }],
    ['somebody called Bounceson', { fromAddress: 'bounceson@example.com' }],
  ])('takes %s for a person’s', (_, given) => expect(signsOf(given)).toEqual([]));
});
