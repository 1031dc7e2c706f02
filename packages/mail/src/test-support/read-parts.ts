/** Small mails as text or HTML, read for tests. */
import type { MailContent } from '../contract/mail.ts';
import { readMail } from '../read/read-mail.ts';
import { message } from './messages.ts';

export interface TestMail {
  subject?: string;
  /** It has In-Reply-To; true where none is given. */
  reply?: boolean;
  plain?: string;
  html?: string;
}

/** What was read of a mail; throws where it can't be read. */
export async function readParts({
  subject = 'Re: Report',
  reply = true,
  plain,
  html,
}: TestMail): Promise<MailContent> {
  const parts = [
    ...(plain === undefined ? [] : [part('plain', plain)]),
    ...(html === undefined ? [] : [part('html', html)]),
  ];
  const headers = [
    'From: ann@example.org',
    `Subject: =?utf-8?b?${Buffer.from(subject).toString('base64')}?=`,
    ...(reply ? ['In-Reply-To: <answer-1@agents.test>'] : []),
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b',
  ];
  const read = await readMail(message(headers, `${parts.join('\r\n')}\r\n--b--`), false);
  if (!read.ok) throw new Error(read.reason);
  return read.content;
}

function part(kind: 'plain' | 'html', text: string): string {
  const body = Buffer.from(text.replace(/\n/g, '\r\n'))
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');
  return [
    '--b',
    `Content-Type: text/${kind}; charset=utf-8`,
    'Content-Transfer-Encoding: base64',
    '',
    body,
  ].join('\r\n');
}
