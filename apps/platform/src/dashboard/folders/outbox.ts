/** Mail that leaves: the list by state, and one mail with its way. */
import { type DeliveryState, describeError } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import {
  countOutbox,
  type delivery as deliverySchema,
  getDelivery,
  listOutbox,
  MOST_COUNTED,
  markDeliverySent,
  retryDelivery,
} from '../../api/routes/outbox.ts';
import { countText } from '../../view/numbers.ts';
import { OUTGOING, readView, type ShownView } from '../mails/message-views.ts';

export type Delivery = v.InferOutput<typeof deliverySchema>;

const PAGE = '50';

const TABS = [
  { tab: 'all', label: 'All', states: [] },
  { tab: 'waiting', label: 'Waiting', states: ['pending', 'sending'] },
  { tab: 'held', label: 'Held', states: ['awaiting_approval'] },
  { tab: 'uncertain', label: 'Uncertain', states: ['uncertain'] },
  { tab: 'failed', label: 'Failed', states: ['failed', 'bounced'] },
  { tab: 'sent', label: 'Sent', states: ['sent'] },
  { tab: 'rejected', label: 'Rejected', states: ['rejected'] },
] as const satisfies readonly { tab: string; label: string; states: readonly DeliveryState[] }[];

type Tab = (typeof TABS)[number]['tab'];

/** Why a tab is empty. */
const EMPTY: Readonly<Record<Tab, string>> = {
  all: 'Nothing was written yet.',
  waiting: 'Nothing waits to be sent.',
  held: 'Nothing awaits approval.',
  uncertain: 'Of every mail it is known whether it left.',
  failed: 'Nothing failed or came back.',
  sent: 'Nothing was sent yet.',
  rejected: 'Nothing was rejected.',
};

/** What a tab is about, where its name does not say it. */
const ABOUT: Readonly<Partial<Record<Tab, string>>> = {
  held: 'Mail to somebody the agent does not know awaits your approval.',
  uncertain: 'The provider gave no clear answer, so each may have left or not.',
};

export interface OutboxPage {
  tabs: { href: string; label: string; count: string | undefined; current: boolean }[];
  rows: Delivery[];
  next: string | null;
  empty: string;
  about: string | null;
}

/** A page of the list, of one agent or of all; `state` is the tab that the URL names. */
export async function readOutbox(
  ask: Ask,
  { agent, state, cursor }: { agent: string | undefined; state: string | null; cursor: string | undefined },
  path: string,
): Promise<({ ok: true } & OutboxPage) | Refusal> {
  const shown = TABS.find(({ tab }) => tab === state) ?? TABS[0];
  const states = shown.states.length === 0 ? undefined : shown.states.join(',');
  const [list, counts] = await Promise.all([
    ask(listOutbox, { query: { agent, states, limit: PAGE, cursor } }),
    ask(countOutbox, { query: { agent } }),
  ]);
  if (!list.ok) return list;
  if (!counts.ok) return counts;
  return {
    ok: true,
    tabs: TABS.map(({ tab, label, states }) => ({
      href: tab === 'all' ? path : `${path}?state=${tab}`,
      label,
      count: states.length === 0 ? undefined : countOf(states.map((one) => counts.body[one])),
      current: tab === shown.tab,
    })),
    rows: list.body.data,
    next: list.body.next_cursor,
    empty: EMPTY[shown.tab],
    about: ABOUT[shown.tab] ?? null,
  };
}

/** Nothing for none, so that a number catches the eye. */
function countOf(counts: readonly number[]): string | undefined {
  const sum = counts.reduce((all, one) => all + one, 0);
  if (sum === 0) return undefined;
  return counts.some((one) => one >= MOST_COUNTED) ? `${countText(MOST_COUNTED)}+` : countText(sum);
}

/** What was done, by the word in the URL of the page after it. */
export const DONE: Readonly<Record<string, string>> = {
  retry: 'The mail is being sent again.',
  'mark-sent': 'The mail counts as sent, on your word.',
};

/** Does what a form asks for, to the mail that it names in `id`; `done` is the word for the next page. */
export async function changeDelivery(
  ask: Ask,
  fields: URLSearchParams,
): Promise<{ ok: true; done: string } | Refusal> {
  const does = fields.get('does') ?? '';
  const given = { params: { id: fields.get('id') ?? '' } };
  const actions = new Map<string, () => Promise<Outcome<unknown>>>([
    ['retry', () => ask(retryDelivery, given)],
    ['mark-sent', () => ask(markDeliverySent, given)],
  ]);
  const changed = await actions.get(does)?.();
  if (changed === undefined)
    return refuse('invalid_request', 'The form names nothing that can be done here.');
  if (changed.ok || changed.code !== 'conflict') return changed.ok ? { ok: true, done: does } : changed;
  const now = await ask(getDelivery, given);
  return now.ok && isDone(does, now.body) ? { ok: true, done: does } : changed;
}

/** A form that is sent twice did what it says. */
function isDone(does: string, { state, marked_sent_at }: Delivery): boolean {
  return does === 'retry' ? state === 'pending' || state === 'sending' : marked_sent_at !== null;
}

/** Why a mail is where it is: what is on record, without the commands of a terminal, and what to do here. */
export function reasonOf({ reason, reason_code }: Pick<Delivery, 'reason' | 'reason_code'>): {
  what: string | null;
  nextStep: string | null;
} {
  if (reason === null || reason_code === null) return { what: reason, nextStep: null };
  const { nextStep } = describeError(reason_code);
  const what = reason.endsWith(nextStep) ? reason.slice(0, -nextStep.length).trim() : reason;
  const here = nextStep
    .replace(/, then run: tinyfat outbox retry ID$/, ', then send it again.')
    .replace(
      /; to send .* again, run: tinyfat outbox retry ID$/,
      '. Sent again, it goes to everybody on it.',
    );
  return { what, nextStep: here.includes('tinyfat ') || what === reason ? null : here };
}

/** One mail as its page shows it. */
export interface DeliveryPage {
  delivery: Delivery;
  why: ReturnType<typeof reasonOf>;
  way: WayStep[];
  /** In the view that the URL names. */
  shown: ShownView;
}

/** One mail; `search` is that of the URL. */
export async function readDelivery(
  ask: Ask,
  id: string,
  search: URLSearchParams,
): Promise<({ ok: true } & DeliveryPage) | Refusal> {
  const found = await ask(getDelivery, { params: { id } });
  if (!found.ok) return found;
  const delivery = found.body;
  const shown = await readView(ask, OUTGOING, delivery.id, search);
  return { ok: true, delivery, why: reasonOf(delivery), way: wayOf(delivery), shown };
}

/** A step of a mail on its way. */
export interface WayStep {
  what: string;
  /** ISO 8601; null: not known or still to come. */
  at: string | null;
  tone: 'good' | 'wait' | 'bad' | 'quiet';
}

/** What has happened to a mail, and what comes next. */
export function wayOf(delivery: Delivery): WayStep[] {
  const { state, attempts, sent_at, delivered_at, marked_sent_by, marked_sent_at, next_attempt_at } =
    delivery;
  const written: WayStep = {
    what:
      delivery.kind === 'command' || delivery.kind === 'error'
        ? 'Written by the server'
        : 'Written by the agent',
    at: delivery.created_at,
    tone: 'quiet',
  };
  const tried = attempts === 1 ? 'once' : `${attempts} times`;
  const steps = [written];
  if (sent_at !== null) {
    const provider = delivery.provider === null ? '' : ` to ${delivery.provider}`;
    steps.push(
      marked_sent_by === null
        ? { what: `Handed over${provider}`, at: sent_at, tone: 'good' }
        : { what: `Handed over${provider}, which gave no clear answer`, at: sent_at, tone: 'quiet' },
    );
  }
  if (marked_sent_by !== null)
    steps.push({ what: `Marked as sent by ${marked_sent_by}`, at: marked_sent_at, tone: 'good' });
  if (delivered_at !== null)
    steps.push({ what: 'Arrived at the receiving server', at: delivered_at, tone: 'good' });
  switch (state) {
    case 'pending':
      steps.push({
        what:
          attempts === 0
            ? 'Waits to be sent'
            : `Tried ${tried} without success; the next try comes by itself`,
        at: next_attempt_at,
        tone: 'wait',
      });
      break;
    case 'sending':
      steps.push({ what: 'Being handed over now', at: null, tone: 'wait' });
      break;
    case 'awaiting_approval':
      steps.push({ what: 'Awaits your approval', at: null, tone: 'wait' });
      break;
    case 'failed':
      steps.push({
        what: attempts === 0 ? 'Not sent' : `Tried ${tried}, then given up`,
        at: null,
        tone: 'bad',
      });
      break;
    case 'uncertain':
      steps.push({
        what: 'Handed over without a clear answer: it may have left or not',
        at: null,
        tone: 'bad',
      });
      break;
    case 'bounced':
      steps.push({ what: 'Came back', at: null, tone: 'bad' });
      break;
    case 'rejected':
      steps.push({ what: 'Rejected: it does not leave', at: null, tone: 'quiet' });
      break;
    case 'sent':
      break;
  }
  return steps;
}
