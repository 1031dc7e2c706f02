/** What the notices of limits say. */
import { describeError } from '@tinyfat/core';
import type { Letter, LetterBlock } from '@tinyfat/mail';
import type { WaitingSummary } from './limit-notices.ts';

/** To who wrote too many; `reason` is the sentence with which the mail was kept. */
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

/** To the owner: who is over which limit, how many mails wait, and what can be done. */
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
