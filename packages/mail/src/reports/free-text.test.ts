/** Bounces without a machine-readable part: qmail's and those with X-Failed-Recipients. */
import { isHardBounce } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { multipart, originalId, part, plain, returnedHeader } from '../test-support/sample-reports.ts';
import { readReport } from './read-report.ts';

const daemonOnly = ['From: Mailer-Daemon@mx.example.net', 'Subject: failure notice'];
const body = ['', 'Hello Bob,', 'Message-ID: <in-the-text@agents.test>'];
const qmail = (...paragraphs: string[]) =>
  plain(daemonOnly, [
    'Hi. This is the qmail-send program at mx.example.net.',
    'Nothing more will be tried.',
    '',
    ...paragraphs,
    '--- Below this line is a copy of the message.',
    '',
    ...returnedHeader,
    ...body,
  ]);
const exim = (failed: string, ...notice: string[]) =>
  plain(
    [...daemonOnly, `X-Failed-Recipients: ${failed}`],
    [
      'The following address(es) failed:',
      '',
      ...notice,
      '',
      '------ This is a copy of the message, including all the headers. ------',
      '------ The body of the message is 90000 characters long; only the first',
      '------ 1000 or so are included here.',
      '',
      ...returnedHeader,
      ...body,
    ],
  );

const qmailLines = [
  'Hi. This is the qmail-send program.',
  '',
  '<bob@example.com>:',
  'no',
  '',
  '--- Below this',
];

describe('a bounce that is only text', () => {
  it('is read in the form of qmail', () => {
    const raw = qmail(
      '<bob@example.com>:',
      '192.0.2.7 does not like recipient.',
      'Remote host said: 550 5.1.1 user unknown',
      '',
      '<eve@example.com>:',
      'Sorry, no mailbox here by that name. (#5.1.1)',
      '',
    );
    expect(readReport(raw)).toEqual({
      kind: 'delivery',
      recipients: [
        {
          addresses: ['bob@example.com'],
          action: 'failed',
          status: '5.1.1',
          diagnostic: '192.0.2.7 does not like recipient. Remote host said: 550 5.1.1 user unknown',
        },
        {
          addresses: ['eve@example.com'],
          action: 'failed',
          status: '5.1.1',
          diagnostic: 'Sorry, no mailbox here by that name. (#5.1.1)',
        },
      ],
      messageIds: [originalId],
    });
  });

  it('is read in the form of Exim', () => {
    const raw = exim(
      'bob@example.com, eve@example.com',
      '  bob@example.com',
      '    host mail.example.com [192.0.2.7]',
      '    SMTP error from remote mail server after RCPT TO:<bob@example.com>:',
      '    550 5.1.1 no such user',
      '  eve@example.com',
      '    Unrouteable address',
    );
    expect(readReport(raw)).toEqual({
      kind: 'delivery',
      recipients: [
        {
          addresses: ['bob@example.com'],
          action: 'failed',
          status: '5.1.1',
          diagnostic:
            'host mail.example.com [192.0.2.7] SMTP error from remote mail server after RCPT TO:<bob@example.com>: 550 5.1.1 no such user',
        },
        { addresses: ['eve@example.com'], action: 'failed', status: null, diagnostic: 'Unrouteable address' },
      ],
      messageIds: [originalId],
    });
    expect(isHardBounce(null, 'Unrouteable address')).toBe(true);
  });

  it('gives the address that Exim was asked for before the one that it became', () => {
    const raw = exim(
      'robert@inner.example.com',
      '  robert@inner.example.com',
      '    (ultimately generated from bob@example.com)',
      '    550 5.2.1 mailbox disabled',
    );
    expect(readReport(raw)).toMatchObject({
      recipients: [{ addresses: ['bob@example.com', 'robert@inner.example.com'], status: '5.2.1' }],
    });
  });

  it('gives a reason that stands apart from the address to the only recipient', () => {
    const notice = [
      '     bob@example.com',
      '',
      'Technical details:',
      'The server said: 552 5.2.2 over quota',
    ];
    const recipients = [{ status: '5.2.2', diagnostic: 'The server said: 552 5.2.2 over quota' }];
    expect(readReport(exim('bob@example.com', ...notice))).toMatchObject({ recipients });
    expect(readReport(exim('bob@example.com,eve@example.com', ...notice))).toMatchObject({
      recipients: [{ status: null }, { status: null }],
    });
  });

  it('is read from a multipart too, with the original beside the text', () => {
    const header = [
      ...daemonOnly,
      'X-Failed-Recipients: bob@example.com',
      'X-Failed-Recipients: eve@example.com',
    ];
    const raw = multipart('multipart/mixed', header, [
      part('text/plain', 'bob@example.com', ' 550 5.1.1 unknown'),
      part('message/rfc822', ...returnedHeader),
    ]);
    expect(readReport(raw)).toMatchObject({
      recipients: [{ addresses: ['bob@example.com'], status: '5.1.1' }, { addresses: ['eve@example.com'] }],
      messageIds: [originalId],
    });
  });

  it.each([
    [
      'a warning of a mail system',
      plain(daemonOnly, ['Your mail to bob@example.com is delayed.', '', ...returnedHeader]),
    ],
    ['qmail’s form without a recipient', qmail('Nobody was meant.', '')],
    ['qmail’s form sent by a person', plain(['From: ann@example.com'], qmailLines)],
    [
      'qmail’s form sent by a person to a list',
      plain(['From: ann@example.com', 'List-Id: <ops.example.com>'], qmailLines),
    ],
  ])('is not found in %s', (_, raw) => expect(readReport(raw)).toBeNull());
});
