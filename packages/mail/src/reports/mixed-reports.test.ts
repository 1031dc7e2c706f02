/** Reports that are no multipart/report, or in more than one part; all names and texts are made up. */
import { isHardBounce, type MailReport } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import {
  bounce,
  daemon,
  multipart,
  originalId,
  part,
  plain,
  returnedHeader,
} from '../test-support/sample-reports.ts';
import { readReport } from './read-report.ts';

const recipientsOf = (report: MailReport | null) => (report?.kind === 'delivery' ? report.recipients : []);

const openSmtpd = multipart(
  'multipart/mixed',
  [
    'Subject: Delivery status notification: error',
    'From: Mailer Daemon <MAILER-DAEMON@mx.example.net>',
    'To: bot@agents.test',
    'Date: Mon, 2 Mar 2026 10:00:00 +0000 (UTC)',
  ],
  [
    {
      header: ['Content-Description: Notification', 'Content-Type: text/plain; charset=us-ascii'],
      content: ['    Hi!', '', '    This is the MAILER-DAEMON, please DO NOT REPLY to this email.'],
    },
    {
      header: ['Content-Description: Delivery Report', 'Content-Type: message/delivery-status'],
      content: [
        'Reporting-MTA: dns; mx.example.net',
        '',
        'Final-Recipient: rfc822; bob@example.com',
        'Action: failed',
        'Status:',
        'Diagnostic-Code: smtp; 550 5.1.1 <bob@example.com>: User unknown',
      ],
    },
    {
      header: ['Content-Description: Message headers', 'Content-Type: text/rfc822-headers'],
      content: returnedHeader,
    },
  ],
);

const domino = multipart(
  'multipart/report; REPORT-TYPE=delivery-status',
  ['From: Postmaster@example.com', 'Subject: DELIVERY FAILURE: User bob (bob@example.com) not listed'],
  [
    part('text/plain; charset="us-ascii"', 'Your document: x', 'was not delivered to: bob@example.com'),
    part(
      'Message/Delivery-Status',
      'Reporting-MTA: dns;domino.example.com',
      '',
      'Final-Recipient: rfc822;bob@example.com',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: X-Notes; User bob (bob@example.com) not listed in Domino Directory',
    ),
    part('message/rfc822', ...returnedHeader),
  ],
);

const courier = multipart(
  'multipart/report; report-type=delivery-status',
  ['From: "Courier mail server at mx.example.net" <@>', 'Subject: NOTICE: mail delivery status.'],
  [
    part('text/plain; charset=us-ascii', 'UNDELIVERABLE MAIL'),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; mx.example.net',
      'Arrival-Date: Mon, 02 Mar 2026 10:00:00 +0000',
      '',
      'Final-Recipient: rfc822; bob@example.com',
      'Action: failed',
      'Status: 5.0.0',
      'Remote-MTA: dns; mail.example.com [192.0.2.7]',
      'Diagnostic-Code: smtp; 550 User unknown',
    ),
    part('text/rfc822-headers; charset=us-ascii', ...returnedHeader),
  ],
);

const groupWise = multipart(
  'multipart/mixed',
  [
    'From: <Postmaster@example.com>',
    'Subject: Message status - undeliverable',
    'Auto-Submitted: auto-generated',
  ],
  [
    part(
      'text/plain; charset=UTF-8',
      'The message that you sent was undeliverable to the following:',
      '\tbob',
    ),
    part(
      'message/delivery-status',
      'Original-Recipient: rfc822;<bob@example.com>',
      'Final-Recipient: LOCAL; bob',
      'Action: failed',
      'Status: 5.1.1',
    ),
    part('message/rfc822', ...returnedHeader),
  ],
);

const zimbra = multipart(
  'multipart/report; report-type=delivery-status',
  ['From: MAILER-DAEMON@zimbra.example.com (Mail Delivery System)', 'Auto-Submitted: auto-replied'],
  [
    part('text/plain; charset=us-ascii', 'This is the mail system at host zimbra.example.com.'),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; zimbra.example.com',
      'X-Postfix-Queue-ID: ABC',
      '',
      'Final-Recipient: rfc822; bob@example.com',
      'Original-Recipient: rfc822;bob@example.com',
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: x-unix; user unknown',
    ),
    part('message/rfc822', ...returnedHeader),
  ],
);

const office365 = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'From: <MicrosoftExchange0123@example.onmicrosoft.example>',
    'X-MS-Exchange-Message-Is-Ndr:',
    'Auto-Submitted: auto-replied',
  ],
  [
    part('text/html', '<p>Your message to bob could not be delivered.</p>'),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns;AB1PR01.prod.example.com',
      '',
      'Final-Recipient: rfc822;bob@example.com',
      'Action: failed',
      'Status: 5.4.1',
      'Diagnostic-Code: smtp;550 5.4.1 Recipient address rejected: Access denied. [AB1.prod 2026-03-02T10:00:00.000Z]',
      'Remote-MTA: dns;mail.example.com',
      'X-Display-Name: bob@example.com',
    ),
    part('message/rfc822', ...returnedHeader),
  ],
);

const qmail = plain(
  ['From: MAILER-DAEMON@mx.example.net', 'Subject: failure notice'],
  [
    'Hi. This is the qmail-send program at mx.example.net.',
    '',
    '<bob@example.com>:',
    '192.0.2.7 does not like recipient. Remote host said: 550 5.1.1 User unknown',
    '',
    '--- Below this line is a copy of the message.',
    '',
    ...returnedHeader,
  ],
);

describe('readReport', () => {
  it.each([
    ['OpenSMTPD', openSmtpd],
    ['Domino', domino],
    ['Courier', courier],
    ['GroupWise', groupWise],
    ['Zimbra', zimbra],
    ['Office 365', office365],
    ['qmail', qmail],
  ])('reads that the mailbox is not there in the way of %s', (_, raw) => {
    const report = readReport(raw);
    expect(report).toMatchObject({ kind: 'delivery', messageIds: [originalId] });
    const [one, ...others] = recipientsOf(report);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ addresses: expect.arrayContaining(['bob@example.com']), action: 'failed' });
    expect(isHardBounce(one?.status ?? null, one?.diagnostic ?? '')).toBe(true);
  });

  const failed = (name: string, ...more: string[]) =>
    part(
      'message/delivery-status',
      `Final-Recipient: rfc822; ${name}@example.com`,
      'Action: failed',
      ...more,
    );

  it.each([
    ['a daemon', ['From: MAILER-DAEMON@mx.example.net']],
    ['X-Failed-Recipients', ['From: x@example.net', 'X-Failed-Recipients: bob@example.com']],
    ['Auto-Submitted', ['From: x@example.net', 'Auto-Submitted: auto-generated']],
    ['a kept null reverse-path', ['Return-Path: <>', 'From: x@example.net']],
  ])('reads a multipart/mixed whose sign is %s', (_, header) => {
    const raw = multipart('multipart/mixed', header, [
      failed('bob'),
      part('text/rfc822-headers', ...returnedHeader),
    ]);
    expect(readReport(raw)).toMatchObject({
      recipients: [{ addresses: ['bob@example.com'] }],
      messageIds: [originalId],
    });
  });

  it('reads a complaint in a multipart/mixed', () => {
    const raw = multipart(
      'multipart/mixed',
      [...daemon],
      [
        part('message/feedback-report', 'Feedback-Type: abuse', 'Original-Rcpt-To: bob@example.com'),
        part('message/rfc822', ...returnedHeader),
      ],
    );
    expect(readReport(raw)).toMatchObject({ kind: 'feedback', recipients: ['bob@example.com'] });
  });

  it.each(['multipart/report; report-type=delivery-status', 'multipart/mixed'])(
    'reads all status parts of a %s, also where the first says nothing',
    (type) => {
      const raw = multipart(type, daemon, [
        part(
          'message/delivery-status',
          'Reporting-MTA: dns; mx.example.net',
          'Original-Message-ID: <a@agents.test>',
        ),
        failed('ann', 'Status: 5.1.1'),
        failed('bob', '', 'Final-Recipient: rfc822; eve@example.com', 'Action: delayed', 'Status: 4.4.1'),
      ]);
      expect(readReport(raw)).toMatchObject({
        recipients: [
          { addresses: ['ann@example.com'], status: '5.1.1' },
          { addresses: ['bob@example.com'], status: null },
          { addresses: ['eve@example.com'], action: 'delayed' },
        ],
        messageIds: ['<a@agents.test>'],
      });
    },
  );

  it('reads a failure that is in one part with an empty status and an action of its own', () => {
    const raw = bounce(['Final-Recipient: rfc822; bob@example.com', 'Action: expired', 'Status:']);
    expect(recipientsOf(readReport(raw))).toEqual([
      { addresses: ['bob@example.com'], action: 'failed', status: null, diagnostic: '', dead: false },
    ]);
  });
});
