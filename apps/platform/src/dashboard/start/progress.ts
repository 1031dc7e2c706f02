/** How far the first run is: the steps with their ticks, and what is said of the first mail and its answer. */
import { subjectText, wordOf } from '../../view/words.ts';
import type { FirstMail, Start } from './read-start.ts';

/** `done` has a tick; `now` is what to do next; `later` waits for another; `open` can be done at any time. */
export type StepState = 'done' | 'now' | 'later' | 'open';

export interface Steps {
  agent: StepState;
  senders: StepState;
  key: StepState;
  mail: StepState;
  answer: StepState;
}

/** The states of the steps. */
export function stepsOf({ begin, agent, first }: Pick<Start, 'begin' | 'agent' | 'first'>): Steps {
  const key = begin.key === null ? 'open' : 'done';
  if (agent === null) return { agent: 'now', senders: 'later', key: 'later', mail: 'later', answer: 'later' };
  const mail = first?.mail ? 'done' : 'now';
  const answer = first?.answer?.state === 'sent' ? 'done' : mail === 'done' ? 'now' : 'later';
  return { agent: 'done', senders: 'done', key, mail, answer };
}

/** A sentence with a link to where more is shown. */
export interface Said {
  tone: 'good' | 'wait' | 'bad';
  text: string;
  href: string | null;
}

/** Of the mail that the first step waits for. */
export function mailSaid(first: FirstMail | null): Said {
  if (first === null) return { tone: 'wait', text: 'Whether a mail has come could not be read.', href: null };
  const { mail, refused } = first;
  if (mail !== null) {
    const text = `“${subjectText(mail.subject)}” came from ${mail.sender ?? 'somebody unknown'}.`;
    return { tone: 'good', text, href: `/mails/${mail.id}` };
  }
  if (refused !== null) {
    const text = `A mail from ${refused.sender ?? 'somebody unknown'} came and was not let in: ${refused.reason}`;
    return { tone: 'bad', text, href: `/mails/${refused.id}` };
  }
  return { tone: 'wait', text: 'No mail has come yet. This page notices it by itself.', href: null };
}

/** Of the answer; null before there is a mail. */
export function answerSaid(first: FirstMail | null): Said | null {
  if (!first?.mail) return null;
  const { mail, answer, run } = first;
  const href = run === null ? `/mails/${mail.id}` : `/runs/${run}`;
  if (answer === null) {
    if (mail.state === 'queued') return { tone: 'wait', text: 'The agent is at work.', href };
    const { label } = wordOf('mail', mail.state);
    return {
      tone: mail.state === 'failed' ? 'bad' : 'wait',
      text: `The mail is ${label}. ${mail.reason}`.trim(),
      href,
    };
  }
  switch (answer.state) {
    case 'sent':
      return answer.kind === 'error'
        ? { tone: 'bad', text: 'The turn failed, and the answer says so.', href }
        : { tone: 'good', text: 'The answer has left.', href };
    case 'awaiting_approval':
      return { tone: 'wait', text: 'The answer waits for your approval.', href: `/approvals/${answer.id}` };
    case 'pending':
    case 'sending':
      return {
        tone: 'wait',
        text: 'The answer is written, and about to leave.',
        href: `/outbox/${answer.id}`,
      };
    default: {
      const { label } = wordOf('delivery', answer.state);
      return {
        tone: 'bad',
        text: `The answer is ${label}. ${answer.reason ?? ''}`.trim(),
        href: `/outbox/${answer.id}`,
      };
    }
  }
}
