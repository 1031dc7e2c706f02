/** What to do where the server refused the mail of `tinyfat send`: the person at it can change the allow-list. */
import { type AdmissionCode, smtpReply } from '@tinyfat/core';

const NOT_ON_THE_LIST: readonly AdmissionCode[] = ['not_allowed'];
const NO_SUCH_AGENT: readonly AdmissionCode[] = ['unknown_recipient', 'not_our_domain', 'reserved_recipient'];
/** Mail of a command carries no proof of who wrote it. */
const NOT_PROVEN: readonly AdmissionCode[] = [
  'unauthenticated',
  'sender_mismatch',
  'dmarc_failed',
  'dkim_body_limited',
  'no_policy_no_signature',
];

/** The next step for an answer of the server; null where the answer says enough. */
export function howToBeLetIn(answer: string, mail: { to: string; from: string }): string | null {
  const is = (codes: readonly AdmissionCode[]) => codes.some((code) => answer.includes(smtpReply(code).text));
  const [agent = ''] = mail.to.split(/[+@]/);
  if (is(NOT_ON_THE_LIST)) return `Let them in: tinyfat allow add ${agent} ${mail.from}`;
  if (is(NO_SUCH_AGENT)) return 'See which agents there are, and their addresses: tinyfat agent list';
  if (is(NOT_PROVEN)) {
    return "Nothing proves who wrote a mail of this machine. Let it write in anybody's name: start the server with TRUSTED_CLIENTS='127.0.0.0/8,::1/128' and without TRUSTED_AUTHSERV_IDS (docs/self-host.md); or write from a mailbox of yours.";
  }
  return null;
}
