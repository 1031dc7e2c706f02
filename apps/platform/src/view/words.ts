/** What people read in the place of a state's code, and the tone that it is shown in. */
import type { DeliveryState, MailState, MailVerdict } from '@tinyfat/core';
import type { RunStatus } from '@tinyfat/database';

/** `good` went well, `wait` needs time or somebody, `bad` went wrong, `quiet` needs nobody. */
export type Tone = 'good' | 'wait' | 'bad' | 'quiet';

export interface Word {
  label: string;
  tone: Tone;
}

/** Where a mail that came is now. */
export const MAIL_STATE_WORDS: Readonly<Record<MailState, Word>> = {
  queued: { label: 'in line', tone: 'wait' },
  replied: { label: 'answered', tone: 'good' },
  command: { label: 'command done', tone: 'good' },
  refused: { label: 'refused', tone: 'bad' },
  duplicate: { label: 'duplicate', tone: 'quiet' },
  automatic: { label: 'automatic mail', tone: 'quiet' },
  quarantined: { label: 'in quarantine', tone: 'wait' },
  over_limit: { label: 'over the limit', tone: 'wait' },
  awaiting_approval: { label: 'answer awaits approval', tone: 'wait' },
  discarded: { label: 'discarded', tone: 'quiet' },
  failed: { label: 'failed', tone: 'bad' },
};

/** What was decided about a mail when it came. */
export const VERDICT_WORDS: Readonly<Record<MailVerdict, Word>> = {
  accepted: { label: 'accepted', tone: 'good' },
  refused: { label: 'refused', tone: 'bad' },
  duplicate: { label: 'duplicate', tone: 'quiet' },
  automatic: { label: 'automatic mail', tone: 'quiet' },
  quarantined: { label: 'in quarantine', tone: 'wait' },
  over_limit: { label: 'over the limit', tone: 'wait' },
};

/** Where a mail that leaves is now. */
export const DELIVERY_STATE_WORDS: Readonly<Record<DeliveryState, Word>> = {
  pending: { label: 'waits to be sent', tone: 'wait' },
  sending: { label: 'being sent', tone: 'wait' },
  sent: { label: 'sent', tone: 'good' },
  awaiting_approval: { label: 'awaits approval', tone: 'wait' },
  rejected: { label: 'rejected', tone: 'quiet' },
  failed: { label: 'failed', tone: 'bad' },
  uncertain: { label: 'uncertain', tone: 'bad' },
  bounced: { label: 'bounced', tone: 'bad' },
};

/** How a run is. */
export const RUN_STATUS_WORDS: Readonly<Record<RunStatus, Word>> = {
  waiting: { label: 'waits', tone: 'wait' },
  running: { label: 'running', tone: 'wait' },
  done: { label: 'done', tone: 'good' },
  failed: { label: 'failed', tone: 'bad' },
};

const ALL = {
  mail: MAIL_STATE_WORDS,
  verdict: VERDICT_WORDS,
  delivery: DELIVERY_STATE_WORDS,
  run: RUN_STATUS_WORDS,
} as const satisfies Record<string, Readonly<Record<string, Word>>>;

/** The kinds of states. */
export type StateKind = keyof typeof ALL;

/** The word for a state; one that is not known here is shown as it is. */
export function wordOf(kind: StateKind, state: string): Word {
  return new Map<string, Word>(Object.entries(ALL[kind])).get(state) ?? { label: state, tone: 'quiet' };
}

/** Marks that turn the direction of all that follows them (Unicode Standard Annex 9), also of our own words. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** A subject as it is shown: within a sentence of ours it changes none of the other words. */
export function subjectText(subject: string): string {
  const shown = subject.replace(TURNS, '');
  return shown.trim() === '' ? '(no subject)' : shown;
}
