/** What the settings of an agent mean, in words. */
import type { OutboundPolicy, SessionScope } from '@tinyfat/core';

/** A choice with its name and what follows from it. */
export interface Choice<Value extends string> {
  value: Value;
  label: string;
  means: string;
}

/** To whom an agent may write without asking. The host decides each time, whatever the agent says. */
export const OUTBOUND_CHOICES: readonly Choice<OutboundPolicy>[] = [
  {
    value: 'known',
    label: 'People it knows',
    means:
      'It answers whoever wrote, and writes to its owner and its allowed senders at once. Mail to anybody else waits for your approval.',
  },
  {
    value: 'ask',
    label: 'Nobody without asking',
    means:
      'Every mail that it writes waits for your approval, answers too. Answers to commands and notes about errors are the server’s own and leave at once.',
  },
  {
    value: 'anyone',
    label: 'Anyone',
    means:
      'It writes to whom it likes, at once. Whoever may write to it, or hides words in what it reads, can have it send mail to strangers in the name of this server, with what it knows. After 100 mails within a day those to strangers wait. Only admins can set this.',
  },
];

/** What the turns of an agent may reach. */
export const EGRESS_CHOICES: readonly Choice<'public' | 'list' | 'none'>[] = [
  {
    value: 'public',
    label: 'All public hosts',
    means: 'Its turns can fetch what anybody can, and carry out what they know. Nothing inside your network.',
  },
  {
    value: 'list',
    label: 'Only these hosts',
    means: 'Public hosts that you name; *.example.org is everything below it.',
  },
  { value: 'none', label: 'Nothing', means: 'Only its model, which goes through this server.' },
];

/** Which mails share a conversation. */
export const SCOPE_CHOICES: readonly Choice<SessionScope>[] = [
  { value: 'agent', label: 'One for everybody', means: 'Whoever writes goes on where the last mail ended.' },
  { value: 'sender', label: 'One for each sender', means: 'Nobody’s conversation goes into another’s.' },
  { value: 'thread', label: 'One for each thread', means: 'A new subject begins anew.' },
];

/** Where a setting in force comes from. */
export const FROM_WORDS: Readonly<Record<'config.json' | 'agent' | 'server', string>> = {
  'config.json': 'from config.json',
  agent: 'set for this agent',
  server: 'the server’s default',
};

/** The choice of this value; one that is not known here is shown as it is. */
export function choiceOf<Value extends string>(
  choices: readonly Choice<Value>[],
  value: string,
): Choice<string> {
  return choices.find((choice) => choice.value === value) ?? { value, label: value, means: '' };
}

/** `In force: Anyone, set for this agent.` */
export function inForce(
  choices: readonly Choice<string>[],
  { in_force, from }: { in_force: string; from: keyof typeof FROM_WORDS },
): string {
  return `In force: ${choiceOf(choices, in_force).label}, ${FROM_WORDS[from]}.`;
}
