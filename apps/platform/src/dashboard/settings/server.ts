/** The pages of the server, for admins: health, the switch that stops all sending, owners, webhooks. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getSending, resumeSending, type sending, stopSending } from '../../api/routes/sending.ts';
import {
  type finding,
  getHealth,
  getWebhooks,
  listOwners,
  listWebhookFailures,
  type ownerLine,
  type webhookFailure,
  type webhookProvider,
} from '../../api/routes/server.ts';
import type { Word } from '../../view/words.ts';

type Sending = v.InferOutput<typeof sending>;
type Finding = v.InferOutput<typeof finding>;

export const DONE = {
  stopped: 'All sending is stopped. Mail waits.',
  resumed: 'Mail goes out again; what waited goes first.',
};

const FINDING_WORDS: Readonly<Record<Finding['state'], Word>> = {
  ok: { label: 'well', tone: 'good' },
  note: { label: 'note', tone: 'wait' },
  broken: { label: 'broken', tone: 'bad' },
};
/** What is wrong is read first. */
const ORDER: readonly Finding['state'][] = ['broken', 'note', 'ok'];

export interface HealthPage {
  ok: true;
  sending: Sending;
  ready: boolean;
  findings: (Finding & { word: Word })[];
  /** `asked`: others were asked too; `can not`: they were to be, and this server has no way to. */
  others: 'asked' | 'not asked' | 'can not';
  /** Where more is seen than here: a sentence. */
  seeAlso: string;
}

/** Health and the switch; with `online` others are asked too. */
export async function healthPage(ask: Ask, online: boolean): Promise<HealthPage | Refusal> {
  const health = await ask(getHealth, { query: { online: online ? 'true' : 'false' } });
  if (!health.ok) return health;
  const switched = await ask(getSending);
  if (!switched.ok) return switched;
  const { ready, findings, see_also: seeAlso } = health.body;
  return {
    ok: true,
    sending: switched.body,
    ready,
    others: health.body.online ? 'asked' : online ? 'can not' : 'not asked',
    seeAlso,
    findings: ORDER.flatMap((state) => findings.filter((one) => one.state === state)).map((one) => ({
      ...one,
      word: FINDING_WORDS[one.state],
    })),
  };
}

/** Stops or resumes, as the form says. */
export async function switchSending(
  ask: Ask,
  fields: URLSearchParams,
): Promise<{ ok: true; done: keyof typeof DONE } | Refusal> {
  const resume = fields.get('action') === 'resume';
  const done = await ask(resume ? resumeSending : stopSending);
  return done.ok ? { ok: true, done: resume ? 'resumed' : 'stopped' } : done;
}

export interface OwnersPage {
  ok: true;
  rows: v.InferOutput<typeof ownerLine>[];
  next: string | null;
}

/** A page of owners, by address. */
export async function ownersPage(ask: Ask, cursor: string | undefined): Promise<OwnersPage | Refusal> {
  const listed = await ask(listOwners, { query: { cursor, limit: '50' } });
  return listed.ok ? { ok: true, rows: listed.body.data, next: listed.body.next_cursor } : listed;
}

const PROVIDER_NAMES: Readonly<Record<'resend' | 'postmark', string>> = {
  resend: 'Resend',
  postmark: 'Postmark',
};
const KIND_WORDS: Readonly<Record<'received' | 'delivery', string>> = {
  received: 'a mail that came',
  delivery: 'news of a mail that was sent',
};

export interface WebhooksPage {
  ok: true;
  providers: (v.InferOutput<typeof webhookProvider> & { name: string; word: Word })[];
  failures: (v.InferOutput<typeof webhookFailure> & { name: string; about: string })[];
  next: string | null;
}

/** How the webhooks do, and a page of events that failed. */
export async function webhooksPage(ask: Ask, cursor: string | undefined): Promise<WebhooksPage | Refusal> {
  const standing = await ask(getWebhooks);
  if (!standing.ok) return standing;
  const failed = await ask(listWebhookFailures, { query: { cursor, limit: '20' } });
  if (!failed.ok) return failed;
  return {
    ok: true,
    providers: standing.body.providers.map((one) => ({
      ...one,
      name: PROVIDER_NAMES[one.provider],
      word: providerWord(one),
    })),
    failures: failed.body.data.map((one) => ({
      ...one,
      name: PROVIDER_NAMES[one.provider],
      about: KIND_WORDS[one.kind],
    })),
    next: failed.body.next_cursor,
  };
}

function providerWord({
  configured,
  last_event_at: last,
  failed,
}: v.InferOutput<typeof webhookProvider>): Word {
  if (!configured && last === null) return { label: 'not set', tone: 'quiet' };
  if (!configured) return { label: 'no longer taken', tone: 'wait' };
  if (failed > 0) return { label: 'some failed', tone: 'bad' };
  return last === null ? { label: 'none came yet', tone: 'wait' } : { label: 'well', tone: 'good' };
}

/** Whether all sending is stopped, for the notice that admins see on every page; null where it is not, or is not known. */
export async function stoppedSending(ask: Ask): Promise<Sending | null> {
  const switched = await ask(getSending);
  return switched.ok && switched.body.stopped ? switched.body : null;
}
