/** Builds reports for tests, in the shapes that mail systems give them. */

/** One part: header lines (Content-Type first) and content lines. */
export interface SamplePart {
  header: string[];
  content: string[];
}

/** A part from its type and its lines. */
export function part(type: string, ...content: string[]): SamplePart {
  return { header: [`Content-Type: ${type}`], content };
}

/** A multipart message with CRLF; `type` is `multipart/report; report-type=delivery-status` and the like. */
export function multipart(type: string, header: string[], parts: SamplePart[]): Buffer {
  const lines = [
    ...header,
    'MIME-Version: 1.0',
    `Content-Type: ${type}; boundary="=_sample/1"`,
    '',
    'This is a MIME message.',
    ...parts.flatMap(({ header, content }) => ['', '--=_sample/1', ...header, '', ...content]),
    '',
    '--=_sample/1--',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** A delivery status notification with the given fields and returned header. */
export function bounce(fields: string[], returned: string[] = returnedHeader, header = daemon): Buffer {
  return multipart('multipart/report; report-type=delivery-status', header, [
    part('text/plain; charset=utf-8', 'Your message could not be delivered.'),
    part('message/delivery-status', ...fields),
    part('text/rfc822-headers', ...returned),
  ]);
}

/** A message of header lines and body lines, with CRLF. */
export function plain(header: string[], body: string[]): Buffer {
  return Buffer.from([...header, '', ...body, ''].join('\r\n'));
}

/** The mail that the samples are about. */
export const originalId = '<run-1@agents.test>';
export const returnedHeader = [
  'Return-Path: <bot@agents.test>',
  'From: Bot <bot@agents.test>',
  'To: bob@example.com',
  `Message-ID: ${originalId}`,
  'Subject: The report that you asked for',
];
export const daemon = [
  'From: MAILER-DAEMON@mx.example.net (Mail Delivery System)',
  'To: bot@agents.test',
  'Subject: Undelivered Mail Returned to Sender',
  'Auto-Submitted: auto-replied',
  'Message-ID: <bounce-1@mx.example.net>',
];
