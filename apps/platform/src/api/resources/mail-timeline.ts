/** What became of a mail, as one story out of its row, its jobs, its runs and the mails that came of it. */
import {
  type Delivery,
  deliveriesOfMail,
  type Job,
  type Mail,
  type Run,
  workOnMail,
} from '@tinyfat/database';
import type * as v from 'valibot';
import { endpoint } from '../endpoint.ts';
import { isoTimeOrNull } from '../fields.ts';
import { getMailTimeline, type timelineStep } from '../routes/mails.ts';
import { readRecipients } from './mails.ts';

type Step = v.InferOutput<typeof timelineStep>;

/** What a step may leave out; times in epoch ms. */
interface Facts {
  kind: Step['kind'];
  text: string;
  state?: Step['state'];
  at?: number | null;
  endedAt?: number | null;
  nextAt?: number | null;
  run?: string;
  delivery?: string;
}

/** Steps that are shown of what came of one mail. */
const MOST_DELIVERIES = 50;

export const mailTimelineEndpoints = [
  endpoint(getMailTimeline, async ({ deps, see, params }) => {
    const found = await see.mail(params.id);
    if (!found.ok) return found;
    const { jobs, runs } = await workOnMail(deps.db, found.row.id);
    const deliveries = (await deliveriesOfMail(deps.db, found.row.id)).slice(0, MOST_DELIVERIES);
    return { ok: true, body: { steps: timelineOf(found.row, { jobs, runs, deliveries }) } };
  }),
];

/** The steps in the order in which they happened. */
export function timelineOf(
  mail: Mail,
  { jobs, runs, deliveries }: { jobs: readonly Job[]; runs: readonly Run[]; deliveries: readonly Delivery[] },
): Step[] {
  const work = [
    ...jobs.map((job) => ({ at: job.created_at, steps: [queued(job)] })),
    // What waits for its turn is told by its job.
    ...runs
      .filter(({ status }) => status !== 'waiting')
      .map((run) => ({ at: run.started_at, steps: [turn(run)] })),
    ...deliveries.map((delivery) => ({ at: delivery.created_at, steps: sent(delivery) })),
  ].sort((one, other) => one.at - other.at);
  return [received(mail), ...checked(mail), ...work.flatMap(({ steps }) => steps), ...ended(mail, runs)].map(
    ({
      kind,
      text,
      state = 'done',
      at = null,
      endedAt = null,
      nextAt = null,
      run = null,
      delivery = null,
    }) => ({
      kind,
      state,
      at: isoTimeOrNull(at),
      ended_at: isoTimeOrNull(endedAt),
      text,
      next_at: isoTimeOrNull(nextAt),
      run,
      delivery,
    }),
  ) satisfies Step[];
}

const TRANSPORTS = new Map([
  ['smtp', 'by SMTP'],
  ['resend', 'through Resend'],
  ['postmark', 'through Postmark'],
  ['email-routing', 'through Cloudflare Email Routing'],
]);

const PROVIDERS = new Map([
  ['smtp', 'the relay'],
  ['maildir', 'the Maildir on this machine'],
  ['resend', 'Resend'],
  ['postmark', 'Postmark'],
]);

function received({
  received_at: at,
  via,
  client_address: client,
  envelope_recipient: recipient,
}: Mail): Facts {
  const way = TRANSPORTS.get(via) ?? `by ${via}`;
  const from = client === null ? '' : ` from ${client}`;
  return { kind: 'received', at, text: `It came ${way}${from}, for ${recipient}.` };
}

function checked({ received_at: at, verdict, state, reason }: Mail): Facts[] {
  const waits = state === 'quarantined' || state === 'over_limit';
  if (waits) {
    const text = `${sentence(reason)} It waits until it is released or discarded.`;
    return [{ kind: 'checked', at, state: 'waiting', text }];
  }
  const isRefused = verdict === 'refused';
  return [{ kind: 'checked', at, state: isRefused ? 'failed' : 'done', text: sentence(reason) }];
}

function queued({ created_at: at, state, run_at: runAt, attempts, last_error: error }: Job): Facts {
  const step = { kind: 'queued', at } as const;
  if (state === 'paused') return { ...step, state: 'waiting', text: 'It waits: the agent is paused.' };
  if (state !== 'ready') return { ...step, text: 'It was put in line for its turn.' };
  const text =
    attempts === 0
      ? 'It waits for its turn.'
      : `${sentence(`Try ${attempts} did not end: ${error ?? 'nobody knows why'}`)} It is tried again.`;
  return { ...step, state: 'waiting', text, nextAt: runAt };
}

function turn({
  id,
  kind,
  command,
  status,
  started_at: at,
  finished_at: endedAt,
  attempt,
  model,
  error,
  again_of: againOf,
  edited_text: edited,
}: Run): Facts {
  const turnText =
    againOf === null ? 'The turn' : edited === null ? 'Another turn' : 'Another turn, with an edited text,';
  const what = kind === 'command' ? `The command ${command ?? ''}`.trim() : turnText;
  const by = model === null ? '' : ` with ${model}`;
  const again = attempt > 1 ? `, in try ${attempt}` : '';
  const step = { kind: 'turn', at, endedAt, run: id } as const;
  if (status === 'running') return { ...step, state: 'waiting', text: `${what} is under way${by}${again}.` };
  if (status === 'failed') {
    return {
      ...step,
      state: 'failed',
      text: sentence(`${what} failed${again}: ${error ?? 'nobody knows why'}`),
    };
  }
  return { ...step, text: `${what} was done${by}${again}.` };
}

const WHAT: Readonly<Record<Delivery['kind'], string>> = {
  reply: 'The answer',
  mail: 'A mail of the agent',
  command: 'The answer to the command',
  error: 'A mail about the error',
};

function sent(delivery: Delivery): Facts[] {
  const { id, state, created_at: createdAt, sent_at: sentAt, delivered_at: deliveredAt, provider } = delivery;
  const what = `${WHAT[delivery.kind]} to ${named(readRecipients(delivery.recipients))}`;
  const why = delivery.reason === null ? '' : ` ${sentence(delivery.reason)}`;
  const written = { kind: 'answer', at: createdAt, delivery: id } as const;
  switch (state) {
    case 'awaiting_approval':
      return [{ ...written, state: 'waiting', text: `${what} waits for approval.${why}` }];
    case 'pending': {
      const nextAt = delivery.next_attempt_at;
      const text =
        delivery.attempts === 0 ? `${what} waits to be sent.` : `${what} could not be sent yet.${why}`;
      return [{ ...written, state: 'waiting', text, nextAt }];
    }
    case 'sending':
      return [{ ...written, state: 'waiting', text: `${what} is being handed over.` }];
    case 'rejected':
      return [{ ...written, text: `${what} was rejected, so it is not sent.${why}` }];
    case 'failed':
      return [{ ...written, state: 'failed', text: `${what} could not be sent.${why}` }];
    case 'uncertain':
      return [{ ...written, state: 'failed', text: `Nobody knows whether this was sent: ${what}.${why}` }];
    case 'sent':
    case 'bounced': {
      const to = PROVIDERS.get(provider ?? '') ?? provider ?? 'the way out';
      const steps: Facts[] = [
        { kind: 'handed_over', at: sentAt, delivery: id, text: `${what} was handed to ${to}.` },
      ];
      if (deliveredAt !== null) {
        const text = 'The server of a recipient took it.';
        steps.push({ kind: 'delivered', at: deliveredAt, delivery: id, text });
      }
      if (state === 'bounced') {
        steps.push({ kind: 'bounced', state: 'failed', delivery: id, text: `It came back.${why}` });
      }
      return steps;
    }
  }
}

/** An end that no other step shows. */
function ended({ state, state_reason: reason }: Mail, runs: readonly Run[]): Facts[] {
  if (state === 'discarded') return [{ kind: 'ended', text: sentence(reason) }];
  const isShown = runs.some(({ status }) => status === 'failed');
  return state === 'failed' && !isShown ? [{ kind: 'ended', state: 'failed', text: sentence(reason) }] : [];
}

function named(recipients: readonly string[]): string {
  const [first = 'nobody', ...rest] = recipients;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
