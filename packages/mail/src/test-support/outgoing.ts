/** An outgoing mail for tests. */
import type { OutgoingMail } from '../contract/mail.ts';

/** An ordinary answer, with changes. */
export function outgoing(change: Partial<OutgoingMail> = {}): OutgoingMail {
  return {
    messageId: '<answer-1@agents.test>',
    from: { address: 'bot@agents.test', name: 'Bot' },
    to: [{ address: 'ann@example.com', name: 'Ann' }],
    cc: [],
    replyTo: null,
    subject: 'Re: Hello',
    date: 1_700_000_000_000,
    inReplyTo: '<question@example.com>',
    references: ['<first@example.com>', '<question@example.com>'],
    body: 'Done.',
    footer: '[bot:1a2b | ↑38 ↓5.0k | claude-haiku-4-5]',
    autoSubmitted: 'auto-replied',
    attachments: [],
    ...change,
  };
}
