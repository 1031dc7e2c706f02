/** One report in the style of each mail system that agents meet; all names and texts are made up. */
import type { MailReport } from '@tinyfat/core';
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

const base64 = (lines: string[]) => Buffer.from(lines.join('\n')).toString('base64');
const body = ['', 'Hello Bob,', 'Message-ID: <in-the-text@agents.test>', ''];

const postfix = multipart('multipart/report; report-type=delivery-status', daemon, [
  part('text/plain; charset=us-ascii', 'This is the mail system at host mx.example.net.'),
  part(
    'message/delivery-status',
    'Reporting-MTA: dns; mx.example.net',
    'X-Postfix-Queue-ID: 4XABC1234z',
    'X-Postfix-Sender: rfc822; bot@agents.test',
    'Arrival-Date: Mon, 02 Mar 2026 10:00:00 +0000 (UTC)',
    '',
    'Final-Recipient: rfc822; bob@example.com',
    'Original-Recipient: rfc822;bob@example.com',
    'Action: failed',
    'Status: 5.1.1',
    'Remote-MTA: dns; mail.example.com',
    'Diagnostic-Code: smtp; 550 5.1.1 <bob@example.com>: Recipient address',
    '    rejected: User unknown in virtual mailbox table',
  ),
  part('message/rfc822', ...returnedHeader, ...body),
]);

const exim = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'X-Failed-Recipients: bob@example.com',
    'Auto-Submitted: auto-replied',
    'From: Mail Delivery System <Mailer-Daemon@mx.example.net>',
  ],
  [
    part(
      'text/plain; charset=us-ascii',
      'This message was created automatically.',
      '',
      '  bob@example.com',
      '    Unrouteable address',
    ),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; mx.example.net',
      '',
      'Action: failed',
      'Final-Recipient: rfc822;bob@example.com',
      'Status: 5.0.0',
    ),
    part('message/rfc822', ...returnedHeader, ...body),
  ],
);

const sendmail = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>',
    'Subject: Returned mail: see transcript for details',
    'Auto-Submitted: auto-generated (failure)',
  ],
  [
    part(
      'text/plain',
      '   ----- The following addresses had permanent fatal errors -----',
      '<bob@example.com>',
    ),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; mx.example.net',
      'Received-From-MTA: DNS; app.agents.test',
      '',
      'Original-Recipient: RFC822;bob@example.com',
      'Final-Recipient: RFC822; robert@inner.example.com',
      'X-Actual-Recipient: RFC822; robert@inner.example.com',
      'Action: failed',
      'Status: 5.2.1 (mailbox disabled)',
      'Diagnostic-Code: SMTP; 550 5.2.1 Mailbox disabled',
      'Last-Attempt-Date: Mon, 2 Mar 2026 10:00:01 GMT',
    ),
    part('text/rfc822-headers', ...returnedHeader),
  ],
);

const exchange = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'From: <postmaster@example.com>',
    'Content-Language: en-US',
    'X-MS-Exchange-Message-Is-Ndr:',
    `In-Reply-To: ${originalId}`,
    `References: <thread@example.com> ${originalId}`,
    'Subject: Undeliverable: The report',
  ],
  [
    {
      header: ['Content-Type: multipart/alternative; differences=Content-Type;', '\tboundary="inner"'],
      content: [
        '--inner',
        'Content-Type: text/plain; charset="us-ascii"',
        '',
        'Delivery has failed to bob@example.com',
        '',
        '--inner--',
      ],
    },
    part(
      'message/delivery-status',
      'Reporting-MTA: dns;AB1.prod.example.com',
      'Received-From-MTA: dns;mx.agents.test',
      'Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0000',
      '',
      'Final-Recipient: rfc822;bob@example.com',
      'Action: failed',
      'Status: 5.1.10',
      'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; no such recipient',
    ),
    part('message/rfc822', 'Received: from mx.agents.test', ...returnedHeader, ...body),
  ],
);

const gmail = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>',
    'X-Failed-Recipients: bob@example.com',
    `In-Reply-To: ${originalId}`,
    `References: ${originalId}`,
  ],
  [
    {
      header: ['Content-Type: multipart/related; boundary="r"'],
      content: ['--r', 'Content-Type: text/html', '', '<p>Address not found</p>', '--r--'],
    },
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; googlemail.example',
      'Arrival-Date: Mon, 02 Mar 2026 02:00:00 -0800 (PST)',
      `X-Original-Message-ID: ${originalId}`,
      '',
      'Final-Recipient: rfc822; bob@example.com',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mail.example.com. (192.0.2.7, the server for the domain example.com.)',
      'Diagnostic-Code: smtp; 550-5.1.1 The account that you tried to reach does not exist.',
      ' 550 5.1.1 Please check the spelling.',
    ),
    part('message/rfc822', ...returnedHeader, ...body),
  ],
);

const ses = multipart(
  'multipart/report; report-type=delivery-status',
  [
    'From: MAILER-DAEMON@mail.example',
    'Subject: Delivery Status Notification (Failure)',
    'Message-ID: <bounce@mail.example>',
  ],
  [
    part('text/plain; charset=us-ascii', 'An error occurred while trying to deliver the mail.'),
    part(
      'message/delivery-status',
      'Reporting-MTA: dns; out-1.mail.example',
      '',
      'Final-Recipient: rfc822;bob@example.com',
      'Action: failed',
      'Status: 5.1.1',
      "Diagnostic-Code: smtp; 550 5.1.1 user doesn't exist",
    ),
    part(
      'message/rfc822',
      'Return-Path: <0100-abc@mail.example>',
      'Message-ID: <0100-abc-000000@mail.example>',
      'From: bot@agents.test',
      ...body,
    ),
  ],
);

const failed = (report: MailReport | null) => (report?.kind === 'delivery' ? report.recipients[0] : null);

describe('readReport', () => {
  it.each([
    [
      'Postfix',
      postfix,
      ['bob@example.com'],
      '5.1.1',
      '550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown in virtual mailbox table',
    ],
    ['Exim', exim, ['bob@example.com'], '5.0.0', ''],
    [
      'Sendmail',
      sendmail,
      ['bob@example.com', 'robert@inner.example.com'],
      '5.2.1',
      '550 5.2.1 Mailbox disabled',
    ],
    [
      'Exchange',
      exchange,
      ['bob@example.com'],
      '5.1.10',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; no such recipient',
    ],
    [
      'Gmail',
      gmail,
      ['bob@example.com'],
      '5.1.1',
      '550-5.1.1 The account that you tried to reach does not exist. 550 5.1.1 Please check the spelling.',
    ],
    ['Amazon SES', ses, ['bob@example.com'], '5.1.1', "550 5.1.1 user doesn't exist"],
  ])('reads the way of %s', (_, raw, addresses, status, diagnostic) => {
    expect(failed(readReport(raw))).toEqual({ addresses, action: 'failed', status, diagnostic });
  });

  it.each([
    ['Postfix', postfix, [originalId]],
    ['Exim', exim, [originalId]],
    ['Sendmail', sendmail, [originalId]],
    ['Exchange', exchange, [originalId, '<thread@example.com>']],
    ['Gmail', gmail, [originalId]],
    ['Amazon SES, which has an id of its own', ses, ['<0100-abc-000000@mail.example>']],
  ])('finds the id of the original in the way of %s', (_, raw, messageIds) => {
    expect(readReport(raw)).toMatchObject({ messageIds });
  });

  it('reads an internationalized report (RFC 6533)', () => {
    const raw = multipart('multipart/report; report-type=delivery-status', daemon, [
      part('text/plain; charset=utf-8', 'Nicht zustellbar: jürgen@bücher.example'),
      part(
        'message/global-delivery-status',
        'Reporting-MTA: dns; mx.bücher.example',
        '',
        'Original-Recipient: utf-8; j\\x{FC}rgen@b\\x{FC}cher.example',
        'Final-Recipient: utf-8; jürgen.neu@bücher.example',
        'Action: failed',
        'Status: 5.1.1',
        'Diagnostic-Code: smtp; 550 5.1.1 Empfänger unbekannt',
      ),
      {
        header: ['Content-Type: message/global', 'Content-Transfer-Encoding: base64'],
        content: [base64([...returnedHeader, 'X-Note: ü', ...body])],
      },
    ]);
    expect(readReport(raw)).toEqual({
      kind: 'delivery',
      recipients: [
        {
          addresses: ['jürgen@xn--bcher-kva.example', 'jürgen.neu@xn--bcher-kva.example'],
          action: 'failed',
          status: '5.1.1',
          diagnostic: '550 5.1.1 Empf?nger unbekannt',
        },
      ],
      messageIds: [originalId],
    });
  });

  it('tells a delay from a failure', () => {
    const raw = bounce([
      'Reporting-MTA: dns; mx.example.net',
      '',
      'Final-Recipient: rfc822; bob@example.com',
      'Action: delayed',
      'Status: 4.4.1',
      'Diagnostic-Code: smtp; connect to mail.example.com[192.0.2.7]:25: Connection timed out',
      'Will-Retry-Until: Sat, 07 Mar 2026 10:00:00 +0000 (UTC)',
    ]);
    expect(failed(readReport(raw))).toMatchObject({ action: 'delayed', status: '4.4.1' });
  });

  it('tells the recipient that failed from the one that did not', () => {
    const raw = bounce([
      'Reporting-MTA: dns; mx.example.net',
      '',
      'Final-Recipient: rfc822; ann@example.com',
      'Action: relayed',
      'Status: 2.0.0',
      '',
      'Final-Recipient: rfc822; bob@example.com',
      'Action: failed',
      'Status: 5.2.2',
      'Diagnostic-Code: smtp; 552 5.2.2 Mailbox full',
    ]);
    expect(readReport(raw)).toMatchObject({
      recipients: [
        { addresses: ['ann@example.com'], action: 'relayed', status: '2.0.0', diagnostic: '' },
        { addresses: ['bob@example.com'], action: 'failed', status: '5.2.2' },
      ],
    });
  });

  it('reads a message that is a delivery status as a whole', () => {
    const raw = plain(
      [
        'From: MAILER-DAEMON@mx.example.net',
        'Content-Type: message/delivery-status',
        `In-Reply-To: ${originalId}`,
      ],
      [
        'Reporting-MTA: dns; mx.example.net',
        '',
        'Final-Recipient: rfc822; bob@example.com',
        'Action: failed',
        'Status: 5.1.1',
      ],
    );
    expect(readReport(raw)).toMatchObject({
      recipients: [{ addresses: ['bob@example.com'] }],
      messageIds: [originalId],
    });
  });

  it.each([
    'message/rfc822',
    'message/rfc822-headers',
    'message/global',
    'message/global-headers',
    'text/rfc822-headers',
  ])('finds the id of an original that comes back as %s', (type) => {
    const raw = multipart('multipart/report', daemon, [
      part('message/delivery-status', 'Final-Recipient: rfc822; bob@example.com', 'Action: failed'),
      part(`${type}; charset=utf-8`, ...returnedHeader),
    ]);
    expect(readReport(raw)).toMatchObject({ messageIds: [originalId] });
  });

  it('gives the ids in the order of their worth', () => {
    const raw = bounce(
      [
        'Reporting-MTA: dns; mx',
        'Original-Message-ID: <stated@agents.test>',
        '',
        'Final-Recipient: rfc822; bob@example.com',
        'Action: failed',
      ],
      returnedHeader,
      [
        ...daemon,
        'In-Reply-To: <answered@agents.test>',
        'References: <first@agents.test> <last@agents.test>',
      ],
    );
    expect(readReport(raw)).toMatchObject({
      messageIds: [
        originalId,
        '<stated@agents.test>',
        '<answered@agents.test>',
        '<last@agents.test>',
        '<first@agents.test>',
      ],
    });
  });

  it('reads a report that was cut off', () => {
    expect(readReport(postfix.subarray(0, postfix.indexOf('Hello Bob')))).toMatchObject({
      messageIds: [originalId],
    });
  });

  it.each<[string, Buffer]>([
    ['a person’s mail', plain(['From: ann@example.com', 'Subject: x'], ['hello'])],
    [
      'a read receipt',
      multipart(
        'multipart/report; report-type=disposition-notification',
        ['From: ann@example.com'],
        [
          part('text/plain', 'read'),
          part(
            'message/disposition-notification',
            'Final-Recipient: rfc822; bob@example.com',
            'Disposition: manual-action; displayed',
          ),
        ],
      ),
    ],
    [
      'a vacation notice',
      plain(
        ['From: bob@example.com', 'Auto-Submitted: auto-replied', `In-Reply-To: ${originalId}`],
        ['I am away.'],
      ),
    ],
    ['a status of nobody', bounce(['Reporting-MTA: dns; mx.example.net'])],
    [
      'a report without boundary',
      Buffer.from('From: MAILER-DAEMON@a.example\r\nContent-Type: multipart/report\r\n\r\n--x\r\n'),
    ],
    ['nothing', Buffer.alloc(0)],
  ])('gives null for %s', (_, raw) => expect(readReport(raw)).toBeNull());
});
