/**
 * Signs that machines' mail carries, and people's mail too: Exchange puts X-Auto-Response-Suppress on what people
 * write and marks what a rule of a mailbox sent on, customer relations software adds List-Unsubscribe to a letter to
 * one person, and anybody can begin a subject with "Automatic reply:". So none of them, nor several together, proves
 * that no person wrote. Feedback-ID is no sign: several providers put it on everything that they send.
 */

import { withoutComments } from '../mime/comments.ts';
import type { AutomaticSigns } from './automatic.ts';
import { isMachineSubject } from './machine-subject.ts';

/** Fields for people on a list (RFC 2369, RFC 8058), which newsletters and letters to one person carry alike. */
const listFields = new Set([
  ...['list-unsubscribe', 'list-unsubscribe-post', 'list-help'],
  ...['list-subscribe', 'list-owner', 'list-archive'],
]);
/** Values of X-Auto-Response-Suppress (MS-OXCMAIL 2.2.3.2.14) that concern answers; others are about receipts. */
const answersSuppressed = /\b(?:all|oof|auto-?reply)\b/i;
/** On what a rule of a mailbox answers, and on what it sends on of a person. */
const ruleField = 'x-ms-exchange-inbox-rules-loop';
const MAX_VALUE = 2000;

/** The signs, each a short word for a sentence to the owner; empty for most people's mail. */
export function perhapsAutomaticSigns({ headers, subject }: AutomaticSigns): string[] {
  const found = new Set<string>();
  for (const { name, value } of headers) {
    const isSuppressing = name === 'x-auto-response-suppress' && answersSuppressed.test(plain(value));
    if (isSuppressing || listFields.has(name) || name === ruleField) found.add(name);
  }
  if (isMachineSubject(subject)) found.add('subject');
  return [...found];
}

function plain(value: string): string {
  return withoutComments(value.slice(0, MAX_VALUE));
}
