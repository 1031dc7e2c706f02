import { describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { mailboxText, type ProviderMessage, readProviderMessage } from './provider-message.ts';

const ann = 'ann@example.com';
const to = (...recipients: string[]) => ({ sender: 'bot@agents.test', recipients });

async function partsOf(
  change: Parameters<typeof outgoing>[0] = {},
  envelope = to(ann),
): Promise<ProviderMessage> {
  const mail = await compose(outgoing(change), false);
  if (!mail.ok) throw new Error(mail.reason);
  const read = await readProviderMessage(envelope, mail.raw);
  if (!read.ok) throw new Error(read.reason);
  return read.message;
}

describe('a mail of ours in parts', () => {
  it('has the people, the subject, both bodies and every header that says something of its own', async () => {
    const cc = [{ address: 'bob@example.com', name: 'Doe, Bob' }];
    const replyTo = { address: 'bot+secret@agents.test', name: 'Bot' };
    const change = { cc, replyTo, subject: 'Re: Grüße 你好 👋', body: 'Line *one*\n\n– two', footer: null };
    const { text, html, ...parts } = await partsOf(change, to('BOB@example.com', ann));
    expect(parts).toEqual({
      from: { address: 'bot@agents.test', name: 'Bot' },
      to: [{ address: ann, name: 'Ann' }],
      cc,
      replyTo: [replyTo],
      subject: 'Re: Grüße 你好 👋',
      headers: [
        { name: 'Auto-Submitted', value: 'auto-replied' },
        { name: 'X-Auto-Response-Suppress', value: 'All' },
        { name: 'X-Loop', value: 'bot@agents.test' },
        { name: 'In-Reply-To', value: '<question@example.com>' },
        { name: 'References', value: '<first@example.com> <question@example.com>' },
        { name: 'Message-ID', value: '<answer-1@agents.test>' },
      ],
      attachments: [],
    });
    expect(text?.trimEnd()).toBe('Line *one*\n\n– two');
    expect(html).toContain('<em>one</em>');
  });

  it('has folded References on one line, whole', async () => {
    const references = Array.from({ length: 20 }, (_, n) => `<${'r'.repeat(30)}${n}@example.com>`);
    const { headers } = await partsOf({ references });
    expect(headers.find(({ name }) => name === 'References')?.value).toBe(references.join(' '));
  });

  it('has attachments byte for byte, calendars and old mails too', async () => {
    const ics = 'BEGIN:VCALENDAR\r\nEND:VCALENDAR';
    const files: [string, Uint8Array][] = [
      ['data.bin', Buffer.from([0, 13, 10, 253, 254, 255])],
      ['Bericht ü.txt', Buffer.from('a\nb\r\n')],
      ['invite.ics', Buffer.from(ics)],
      ['old.eml', Buffer.from('Subject: x\r\n\r\nhello\r\n')],
      ['empty.csv', Buffer.alloc(0)],
    ];
    const attachments = files.map(([filename, content]) => ({ filename, contentType: null, content }));
    const found = (await partsOf({ attachments })).attachments;
    expect(found.map(({ filename, content }) => [filename, Buffer.from(content)])).toEqual(files);
    expect(found.map(({ contentType }) => contentType)).toEqual([
      'application/octet-stream',
      'text/plain',
      'text/calendar',
      'application/octet-stream',
      'text/csv',
    ]);
  });

  it('is the same for the same bytes', async () => {
    const attachments = [{ filename: 'a', contentType: null, content: Buffer.from('hi') }];
    expect(await partsOf({ attachments })).toEqual(await partsOf({ attachments }));
  });
});

describe('an address for a provider', () => {
  it.each([
    ['', 'ann@example.com'],
    ['Ann', 'Ann <ann@example.com>'],
    ['Änn 你好', 'Änn 你好 <ann@example.com>'],
    ['Doe, Ann', '"Doe, Ann" <ann@example.com>'],
    ['Ann (Ops)', '"Ann (Ops)" <ann@example.com>'],
    ['ann@example.com', '"ann example.com" <ann@example.com>'],
  ])('%s', (name, expected) => {
    expect(mailboxText({ address: ann, name })).toBe(expected);
  });
});
