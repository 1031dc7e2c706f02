/** Reports that lie, hide or cost: what is not ours to believe is not read, and every call ends soon. */

import { processorClock } from '@tinyfat/testing/processor-ms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../contract/mail.ts';
import { mailWorkers } from '../node/threads/mail-workers.ts';
import { trustedClient } from '../test-support/messages.ts';
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

const status = [
  'Reporting-MTA: dns; mx.example.net',
  '',
  'Final-Recipient: rfc822; bob@example.com',
  'Action: failed',
  'Status: 5.1.1',
];
const person = ['From: Ann <ann@example.com>', 'To: bot@agents.test', 'Subject: what is this?'];
const dsn = bounce(status);
/** Another boundary, so that it can stand inside another sample. */
const attachedDsn = dsn.toString().replaceAll('=_sample/1', '=_inner');
const diagnosticOf = (raw: Uint8Array) => {
  const report = readReport(raw);
  return report?.kind === 'delivery' ? report.recipients[0]?.diagnostic : undefined;
};

describe('what a person sends on is no report', () => {
  it.each<[string, Buffer]>([
    [
      'a bounce attached as a message',
      multipart('multipart/mixed', person, [
        part('text/plain', 'See this.'),
        { header: ['Content-Type: message/rfc822'], content: [attachedDsn] },
      ]),
    ],
    [
      'the parts of a bounce attached',
      multipart('multipart/mixed', person, [
        part('text/plain', 'See this.'),
        part('message/delivery-status', ...status),
        part('message/rfc822', ...returnedHeader),
      ]),
    ],
    [
      'the parts of a bounce attached to a mail to a list',
      multipart(
        'multipart/mixed',
        [...person, 'List-Id: <ops.example.com>'],
        [part('text/plain', 'See this.'), part('message/delivery-status', ...status)],
      ),
    ],
    ...['Precedence: bulk', 'X-Loop: a', 'X-Autoreply: yes', 'X-Auto-Response-Suppress: All'].map(
      (field): [string, Buffer] => [
        `the parts of a bounce attached to a mail with ${field}`,
        multipart('multipart/mixed', [...person, field], [part('message/delivery-status', ...status)]),
      ],
    ),
    [
      'a report inside a mixed of a mail system',
      multipart('multipart/mixed', daemon, [
        {
          header: ['Content-Type: multipart/report; report-type=delivery-status; boundary=inner'],
          content: ['--inner', 'Content-Type: message/delivery-status', '', ...status, '--inner--'],
        },
      ]),
    ],
    [
      'a report inside a mixed',
      multipart('multipart/mixed', person, [
        {
          header: ['Content-Type: multipart/report; report-type=delivery-status; boundary=inner'],
          content: ['--inner', 'Content-Type: message/delivery-status', '', ...status, '--inner--'],
        },
      ]),
    ],
    ['a bounce as the whole of a forwarded text', plain(person, dsn.toString().split('\r\n'))],
    [
      'a status type hidden behind another Content-Type',
      plain([...person, 'Content-Type: text/plain', 'Content-Type: message/delivery-status'], status),
    ],
    [
      'the text of an Exim bounce',
      plain(person, [
        'X-Failed-Recipients: bob@example.com',
        '',
        '  bob@example.com',
        '    550 5.1.1 no',
        '',
        '------ This is a copy of the message ------',
        '',
        ...returnedHeader,
      ]),
    ],
  ])('%s', (_, raw) => expect(readReport(raw)).toBeNull());

  it('not even by way of a mail system that forwards it', () => {
    const nested = multipart('multipart/report; report-type=delivery-status', daemon, [
      part('text/plain', 'Forwarded.'),
      { header: ['Content-Type: message/rfc822'], content: [attachedDsn] },
    ]);
    expect(readReport(nested)).toBeNull();
  });
});

describe('the id of the original', () => {
  it.each<[string, string[]]>([
    ['the text of the returned mail', ['From: bot@agents.test', '', `Message-ID: ${originalId}`]],
    ['a returned mail whose header is empty', ['', `Message-ID: ${originalId}`]],
    ['a mail inside the returned mail', ['Content-Type: message/rfc822', '', ...returnedHeader]],
    ['another field of its header', [`X-Message-ID: ${originalId}`, `Subject: Message-ID: ${originalId}`]],
    ['a malformed id', ['Message-ID: <run-1@agents.test', 'Message-ID: run 1@agents.test>']],
  ])('is not taken from %s', (_, returned) => {
    expect(readReport(bounce(status, returned))).toMatchObject({ kind: 'delivery', messageIds: [] });
  });

  it('is not taken from the text of the notice', () => {
    const notice = [`Message-ID: ${originalId}`, '', '<bob@example.com>:', `Message-ID: ${originalId}`, ''];
    const copy = [
      '--- Below this line is a copy of the message.',
      '',
      'Subject: x',
      '',
      `Message-ID: ${originalId}`,
    ];
    const raw = plain(daemon, ['Hi. This is the qmail-send program.', ...notice, ...copy]);
    expect(readReport(raw)).toMatchObject({ kind: 'delivery', messageIds: [] });
  });

  it('is one of at most twenty', () => {
    const ids = Array.from({ length: 5000 }, (_, n) => `<${n}@agents.test>`);
    const report = readReport(
      bounce(status, returnedHeader, [...daemon, `References: ${ids.join('\r\n ')}`]),
    );
    expect(report?.messageIds).toHaveLength(20);
    expect(report?.messageIds[0]).toBe(originalId);
  });
});

describe('foreign text', () => {
  it.each([
    ['line ends', 'smtp; 550 a\rStatus: 2.0.0\rb'],
    ['control characters', 'smtp; 550 \u0000\u0007\u001b[31mred\u007f'],
    ['bidirectional and invisible characters', 'smtp; 550 \u202egnp.exe\u200b\u2028x'],
    ['bytes that are no UTF-8', 'smtp; 550 \ufffd'],
  ])('loses its %s', (_, text) => {
    const diagnostic = diagnosticOf(bounce([...status, `Diagnostic-Code: ${text}`]));
    expect(diagnostic).toMatch(/^550 [ -~]+$/);
  });

  it('cannot bring in a field by a bare carriage return', () => {
    const fields = [
      'Final-Recipient: rfc822; bob@example.com',
      'Diagnostic-Code: smtp; 550 x\rAction: delivered',
      'Action: failed',
    ];
    expect(readReport(bounce(fields))).toMatchObject({ recipients: [{ action: 'failed' }] });
  });

  it('is cut', () => {
    expect(diagnosticOf(bounce([...status, `Diagnostic-Code: smtp; ${'x'.repeat(100_000)}`]))).toHaveLength(
      300,
    );
    const long = bounce([`Final-Recipient: rfc822; ${'\u00fc'.repeat(50_000)}`, 'Action: failed']);
    expect(readReport(long)).toMatchObject({ recipients: [{ addresses: ['?'.repeat(254)] }] });
    const type = `${'x'.repeat(50_000)}\u202e`;
    const feedback = multipart('multipart/report; report-type=feedback-report', daemon, [
      part('message/feedback-report', `Feedback-Type: ${type}`),
    ]);
    expect(readReport(feedback)).toMatchObject({ feedbackType: 'x'.repeat(40) });
  });

  it('cannot make an address out of escapes', () => {
    const fields = [
      'Original-Recipient: utf-8; bob\\x{0A}@example.com\\x{D800}\\x{110000}',
      'Final-Recipient: rfc822; bob+0Abcc@example.com',
      'Action: failed',
    ];
    const report = readReport(bounce(fields));
    expect(report).toMatchObject({ recipients: [{ addresses: ['bob+0abcc@example.com'] }] });
  });
});

describe('reports made to cost', () => {
  let workers: MailWorkers;
  beforeAll(() => {
    workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.agents.test' });
  });
  afterAll(() => workers.close());

  const many = Array.from({ length: 10_000 }, (_, n) => `bob${n}@example.com`);
  const folded = many.map((address, n) => (n % 10 === 0 ? `\r\n ${address}` : address));
  const group = (address: string) => ['', `Final-Recipient: rfc822; ${address}`, 'Action: failed'];
  const head = [...daemon, 'Content-Type: multipart/report; boundary=b'];
  const failed = (addresses: string[]) => [
    ...daemon,
    ...addresses.map((address) => `X-Failed-Recipients: ${address}`),
  ];

  it.each<[string, Buffer]>([
    ['ten thousand recipients', bounce(['Reporting-MTA: dns; mx', ...many.flatMap(group)])],
    [
      'ten thousand recipients without blank lines',
      bounce(many.flatMap(group).filter((line) => line !== '')),
    ],
    [
      'forty parts of a hundred recipients',
      multipart(
        'multipart/mixed',
        daemon,
        Array.from({ length: 40 }, (_, n) =>
          part('message/delivery-status', ...many.slice(n * 100, n * 100 + 100).flatMap(group)),
        ),
      ),
    ],
    [
      'ten thousand recipients in a list',
      plain([...daemon, `X-Failed-Recipients: ${folded.join(', ')}`], many),
    ],
    ['five thousand failed fields', plain(failed(many.slice(0, 5000)), many)],
    [
      'ten thousand of qmail’s paragraphs',
      plain(daemon, ['Hi. This is the', '', ...many.flatMap((address) => [`<${address}>:`, 'no', ''])]),
    ],
  ])('%s give a hundred', async (_, raw) => {
    const processorMs = processorClock();
    const report = await workers.readReport(raw);
    expect(processorMs()).toBeLessThan(5000);
    expect(report?.kind === 'delivery' && report.recipients).toHaveLength(100);
  });

  it.each<[string, Buffer]>([
    ['more boundaries than a mail has', plain(head, ['--b\r\n'.repeat(500_000)])],
    [
      'parts nested 1,900 deep',
      plain(
        head,
        Array.from({ length: 1900 }, (_, n) => `--b\r\nContent-Type: multipart/report; boundary=b${n}\r\n`),
      ),
    ],
    ['two million blank lines', plain(head, ['\r\n'.repeat(2_000_000)])],
    [
      'a boundary of dashes in a body of dashes',
      plain(
        [...daemon, `Content-Type: multipart/report; boundary="${'-'.repeat(60)}"`],
        Array.from({ length: 20 }, () => '-'.repeat(900_000)),
      ),
    ],
    [
      'a bounce with more lines of dashes than a mail has',
      Buffer.concat([dsn, Buffer.from('--x\r\n'.repeat(3000))]),
    ],
    ['more bytes than a mail may have', Buffer.alloc(26 * 1024 * 1024, 'x')],
    ['an endless header', plain([...daemon, `X: ${'y'.repeat(300_000)}`], status)],
  ])('%s is none', async (_, raw) => {
    const processorMs = processorClock();
    expect(await workers.readReport(raw)).toBeNull();
    expect(processorMs()).toBeLessThan(5000);
  });

  it.each<[string, string[]]>([
    ['brackets', ['(', ')', '((a)', '\\x{', '+4', '<>']],
    [
      'fields',
      [
        'Diagnostic-Code: x\r\n',
        'Final-Recipient: a\r\n',
        'a:\r\n',
        ' \r\n',
        '\ty\r\n',
        'no field\r\n',
        '=\t',
      ],
    ],
  ])('a status full of %s is read in time', (_, units) => {
    for (const unit of units) {
      for (const start of ['', 'Final-Recipient: rfc822; ', 'Status: ', 'Action: ', 'Diagnostic-Code: ']) {
        const processorMs = processorClock();
        readReport(bounce([...status, `${start}${unit.repeat(256_000 / unit.length)}`]));
        expect(processorMs()).toBeLessThan(1500);
      }
    }
  });

  it.each([
    'bob@example.com\r\n',
    '<bob@example.com>:\r\n',
    '- \r\n',
    '----- This is a copy o',
    '(generated from ',
    '5.1.',
    '\t \t',
  ])('a notice full of %j is read in time', (unit) => {
    const lines = unit.repeat(256_000 / unit.length);
    const processorMs = processorClock();
    readReport(plain([...daemon, 'X-Failed-Recipients: bob@example.com'], ['bob@example.com', lines]));
    readReport(plain(daemon, ['Hi. This is the', '', '<bob@example.com>:', lines]));
    expect(processorMs()).toBeLessThan(1500);
  });

  it('decodes no more of a part than is looked at', () => {
    const long = Buffer.from(`${status.join('\n')}\nX: ${'y'.repeat(9_000_000)}`).toString('base64');
    const escapes = Array.from({ length: 12_000 }, () => `${'=3D'.repeat(25)}=`);
    const parts = [
      {
        header: ['Content-Type: message/delivery-status', 'Content-Transfer-Encoding: base64'],
        content: long.match(/.{1,76}/g) ?? [],
      },
      {
        header: ['Content-Type: message/rfc822', 'Content-Transfer-Encoding: quoted-printable'],
        content: [...returnedHeader.map((line) => line.replace('-ID', '=2DID')), '', ...escapes],
      },
    ];
    const processorMs = processorClock();
    expect(readReport(multipart('multipart/report', daemon, parts))).toMatchObject({
      recipients: [{ status: '5.1.1' }],
      messageIds: [originalId],
    });
    expect(processorMs()).toBeLessThan(1000);
  });
});

describe('MailWorkers.readReport', () => {
  it('reads in a thread, and leaves the caller’s bytes alone', async () => {
    const workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.agents.test' });
    const before = Buffer.from(dsn);
    expect(await workers.readReport(dsn)).toMatchObject({ kind: 'delivery', messageIds: [originalId] });
    expect(await workers.readReport(plain(person, ['hello']))).toBeNull();
    expect(dsn.equals(before)).toBe(true);
    await workers.close();
    // Nothing of it was begun: it may be a report all the same.
    await expect(workers.readReport(dsn)).rejects.toThrow();
  });

  it('gives null at its deadline, and goes on', async () => {
    const options = { threads: 1, dns: { servers: [] }, hostname: 'mx.agents.test' };
    const workers = mailWorkers({ ...options, limits: { readMs: 1 } });
    const filler = 'x'.repeat(70).concat('\r\n').repeat(300_000);
    const long = Buffer.concat([dsn, Buffer.from(filler)]);
    expect(readReport(long)).not.toBeNull();
    expect(await workers.readReport(long)).toBeNull();
    expect(await workers.inspect(dsn, trustedClient, '')).toMatchObject({ ok: true });
    await workers.close();
  });
});
