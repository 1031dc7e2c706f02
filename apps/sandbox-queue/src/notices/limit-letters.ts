/** The texts of limit notices. */
import { describeError } from '@tinyfat/core';
import type { WaitingMails } from '@tinyfat/database';
import type { Letter, LetterBlock } from '@tinyfat/mail';

/** Senders that a notice names. */
const MOST_NAMED = 10;

/** The mails of an agent that wait because of limits: the senders with the most, and how many senders are not named. */
export interface WaitingSummary {
  mails: number;
  named: WaitingMails[];
  more: number;
}

export function summarize(waiting: readonly WaitingMails[]): WaitingSummary {
  const mails = waiting.reduce((sum, { mails }) => sum + mails, 0);
  return { mails, named: waiting.slice(0, MOST_NAMED), more: Math.max(0, waiting.length - MOST_NAMED) };
}

/** To the sender; `reason` says which limit the mail is over. */
export function senderLetter(about: { address: string; reason: string }): Letter {
  const paragraph = (text: string): LetterBlock => ({ kind: 'text', text: [text] });
  return {
    heading: 'Your mail waits',
    blocks: [
      paragraph(`It reached ${about.address} and is kept, but nobody works on it yet.`),
      paragraph(about.reason),
      paragraph('The owner was told and can let it go on. You need not send it again.'),
    ],
  };
}

/** To the owner: which senders are over which limit, how many mails wait, and what can be done. */
export function ownerLetter(about: { name: string; address: string; waiting: WaitingSummary }): Letter {
  const { mails, named, more } = about.waiting;
  const codes = [...new Set(named.map(({ code }) => code))];
  const wait =
    mails === 1
      ? 'One mail waits because of a limit. It is kept, and nobody works on it.'
      : `${mails} mails wait because of a limit. They are kept, and nobody works on them.`;
  const command = (code: string, text: string) => ({ label: { code }, text: [text] });
  const blocks: LetterBlock[] = [
    { kind: 'text', text: [wait] },
    {
      kind: 'rows',
      rows: named.map((one) => ({
        label: one.sender,
        text: [`${one.mails === 1 ? '1 mail' : `${one.mails} mails`}. ${describeError(one.code).sentence}`],
      })),
    },
  ];
  if (more > 0) {
    const senders = more === 1 ? 'one more sender' : `${more} more senders`;
    blocks.push({ kind: 'text', quiet: true, text: [`… and mails of ${senders}.`] });
  }
  blocks.push(
    { kind: 'heading', text: 'What you can do' },
    {
      kind: 'rows',
      rows: [
        command(`tinyfat mails ${about.name}`, 'lists them'),
        command('tinyfat mails release ID', 'has one answered'),
        command('tinyfat mails discard ID', 'ends one without an answer'),
      ],
    },
    ...codes.map(
      (code): LetterBlock => ({ kind: 'text', quiet: true, text: [describeError(code).nextStep] }),
    ),
  );
  return { heading: `Mails to ${about.address} wait for you`, blocks };
}
