/** SMTP answers as smtp-server takes them: an error carries the code, its text the enhanced code. */
import { smtpReply } from '@tinyfat/core';
import type { SmtpAnswer } from './contract.ts';

/** The listener's own answers (RFC 5321 section 4.2, enhanced codes of RFC 3463). */
export const answers = {
  tooManyFromClient: { code: 421, enhanced: '4.7.0', text: 'Too many connections from your address' },
  tooManyMessages: { code: 421, enhanced: '4.7.0', text: 'Too many messages on this connection' },
  tooManyRefused: { code: 421, enhanced: '4.7.0', text: 'Too many unknown recipients' },
  tooLarge: smtpReply('too_large'),
  tooManyInFlight: { code: 451, enhanced: '4.3.2', text: 'Too many messages at once, try again later' },
  badSender: {
    code: 553,
    enhanced: '5.1.7',
    text: 'The sender address is too long or has invisible characters',
  },
  badRecipient: {
    code: 553,
    enhanced: '5.1.3',
    text: 'The recipient address is too long or has invisible characters',
  },
  noRoom: { code: 451, enhanced: '4.3.1', text: 'Too many bytes at once, try again later' },
  tooSlow: { code: 451, enhanced: '4.4.2', text: 'The message took too long to arrive, try again later' },
  failed: { code: 451, enhanced: '4.3.0', text: 'The message could not be stored, try again later' },
  fault: { code: 421, enhanced: '4.3.0', text: 'The server failed, try again later' },
  shuttingDown: { code: 421, enhanced: '4.3.2', text: 'Shutting down' },
} as const satisfies Record<string, SmtpAnswer>;

/** For a client that was refused too often; it may come again at the time, epoch ms. */
export function barred(until: number): SmtpAnswer {
  const time = new Date(until).toISOString().replace(/\.\d+Z$/, 'Z');
  const text = `Too many of your messages and recipients were refused within an hour, come again after ${time}`;
  return { code: 421, enhanced: '4.7.0', text };
}

/** The text after the reply code: one line, printable. */
export function answerText(answer: SmtpAnswer): string {
  return `${answer.enhanced} ${answer.text}`.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 480);
}

/** An answer of 400 or more for smtp-server's callbacks. */
export function answerError(answer: SmtpAnswer): Error {
  return Object.assign(new Error(answerText(answer)), { responseCode: answer.code });
}
