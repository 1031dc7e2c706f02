/** What waits for the viewer, as the home page shows it: a list of rows, each with what settles it. */
import type * as v from 'valibot';
import type { attention } from '../../api/routes/attention.ts';
import { moneyText } from '../../view/numbers.ts';
import { withoutCommands } from '../../view/refusal.ts';
import type { Tone } from '../../view/words.ts';
import { subjectText } from '../../view/words.ts';

type Attention = v.InferOutput<typeof attention>;

/** A button of a row: a form of the home page. */
export interface Settle {
  /** As `settle` takes it. */
  does: string;
  id: string;
  label: string;
}

export interface AttentionRow {
  /** What it is about, and where it is shown whole. */
  title: string;
  href: string;
  /** Whom it is from or to. */
  who: string;
  /** Name of the agent; null where it is about none, or several. */
  agent: string | null;
  /** ISO 8601; null where it has no time. */
  at: string | null;
  /** Why it waits, in a sentence or a few. */
  why: string;
  /** Buttons that settle it here, the one for most cases first. */
  settles: Settle[];
  /** Where it is decided, when it has to be read first; the words of the link. */
  decide: string | null;
}

export interface AttentionGroup {
  heading: string;
  tone: Tone;
  /** How many there are, `100+` at the bound. */
  count: string;
  rows: AttentionRow[];
  /** The whole list, where there are more than these rows. */
  more: { href: string; label: string } | null;
  /** Settles all of them up to the time when the page was made. */
  all: Settle | null;
}

/** The groups that have rows, what is most urgent first. `now` is when the page is made, ISO 8601. */
export function attentionGroups(waiting: Attention, now: string): AttentionGroup[] {
  const { counts, counted_up_to: bound } = waiting;
  const group = (
    heading: string,
    tone: Tone,
    count: number,
    rows: AttentionRow[],
    list: string | null,
    all: Settle | null = null,
  ): AttentionGroup => {
    const text = count >= bound ? `${bound}+` : String(count);
    const more = list !== null && count > rows.length ? { href: list, label: `All ${text}` } : null;
    return { heading, tone, count: text, rows, more, all: count > 1 ? all : null };
  };
  return [
    group('Answers to approve', 'wait', counts.answers, waiting.answers.map(answerRow), '/approvals'),
    group(
      'Held mail',
      'wait',
      counts.mails,
      waiting.mails.map((mail) => ({
        ...row(mail),
        href: `/mails/${mail.id}`,
        who: mail.sender === null ? 'from somebody unknown' : `from ${mail.sender}`,
        settles: [
          { does: 'release', id: mail.id, label: 'Let it in' },
          { does: 'discard', id: mail.id, label: 'Discard' },
        ],
      })),
      '/mails?state=quarantined',
    ),
    group(
      'Mail that did not arrive',
      'bad',
      counts.deliveries,
      waiting.deliveries.map(deliveryRow),
      '/outbox',
      { does: 'dismiss-deliveries', id: now, label: 'Dismiss all' },
    ),
    group(
      'Runs that failed',
      'bad',
      counts.runs,
      waiting.runs.map((run) => ({
        ...row(run),
        href: `/runs/${run.id}`,
        who: run.sender === null ? 'for somebody unknown' : `for ${run.sender}`,
        settles: [{ does: 'dismiss-run', id: run.id, label: 'Dismiss' }],
      })),
      '/runs?status=failed',
      { does: 'dismiss-runs', id: now, label: 'Dismiss all' },
    ),
    group('Budgets', 'wait', counts.budgets, waiting.budgets.map(budgetRow), null),
    group('Model', 'wait', waiting.demo_model ? 1 : 0, keyRows(waiting), null),
  ].filter(({ rows }) => rows.length > 0);
}

interface Waits {
  subject: string;
  agent: string;
  at: string;
  reason: string | null;
}

function row({ subject, agent, at, reason }: Waits) {
  return {
    title: subjectText(subject),
    agent,
    at,
    why: withoutCommands(reason ?? ''),
    settles: [],
    decide: null,
  };
}

function answerRow(answer: Attention['answers'][number]): AttentionRow {
  return {
    ...row(answer),
    href: `/approvals/${answer.id}`,
    who: toText(answer.recipients),
    decide: 'Read and decide',
  };
}

function deliveryRow(delivery: Attention['deliveries'][number]): AttentionRow {
  const dismiss = { does: 'dismiss-delivery', id: delivery.id, label: 'Dismiss' };
  const again = { does: 'retry', id: delivery.id, label: 'Send again' };
  return {
    ...row(delivery),
    href: `/outbox/${delivery.id}`,
    who: toText(delivery.recipients),
    // Whether an uncertain one has arrived has to be found out first; a bounced one would bounce again.
    settles: delivery.state === 'failed' ? [again, dismiss] : [dismiss],
    decide: delivery.state === 'uncertain' ? 'Look and decide' : null,
  };
}

function budgetRow({
  scope,
  subject,
  state,
  spent_usd,
  monthly_usd,
}: Attention['budgets'][number]): AttentionRow {
  const ofAgent = scope === 'agent';
  return {
    title: ofAgent ? `Budget of ${subject}` : `Budget of all agents of ${subject}`,
    href: ofAgent ? `/agents/${encodeURIComponent(subject)}/settings` : '/usage',
    who: '',
    agent: null,
    at: null,
    why: `${moneyText(spent_usd)} of ${moneyText(monthly_usd)} are spent this month. ${
      state === 'exhausted'
        ? 'No turn runs until the month is over or the budget is raised.'
        : 'At the end of it no turn runs until the month is over.'
    }`,
    settles: [],
    decide: 'Look at the budget',
  };
}

function keyRows({ demo_model }: Attention): AttentionRow[] {
  if (!demo_model) return [];
  const why = 'No key of a model provider is stored: answers follow a few built-in rules, and say so.';
  return [
    {
      title: 'The demo model answers for your agents',
      href: '/settings/keys',
      who: '',
      agent: null,
      at: null,
      why,
      settles: [],
      decide: 'Set a key',
    },
  ];
}

function toText(recipients: readonly string[]): string {
  const [first, ...others] = recipients;
  if (first === undefined) return 'to nobody';
  return others.length === 0 ? `to ${first}` : `to ${first} and ${others.length} more`;
}
