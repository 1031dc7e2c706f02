/** How mail goes out, the test mail, and what the viewer is mailed about. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { type alerts, getAlerts, putAlerts } from '../../api/routes/alerts.ts';
import { getMailOut, type mailOut, sendTestToSelf, type testMail } from '../../api/routes/mail-out.ts';
import type { Word } from '../../view/words.ts';

type MailOut = v.InferOutput<typeof mailOut>;
type TestMail = v.InferOutput<typeof testMail>;
type Alerts = v.InferOutput<typeof alerts>;

export const DONE = {
  test: 'The test mail is on its way. Its state is shown below; load the page again in a moment.',
  alerts: 'Saved.',
};

/** What an owner can be mailed about, in words. */
export const ALERTS = [
  {
    kind: 'held',
    label: 'An answer awaits my approval',
    hint: 'One mail for each, with a link to decide.',
  },
  {
    kind: 'failed',
    label: 'A mail got no answer',
    hint: 'At most one mail an hour about those that others wrote; at once where only you can mend it, such as a key.',
  },
  {
    kind: 'budget',
    label: 'A budget runs out',
    hint: 'At 80 %, and when a mail gets no answer because all of it is spent.',
  },
  {
    kind: 'digest',
    label: 'What happened yesterday',
    hint: 'Each morning from 6:00 UTC on: received, answered, refused, spent, and what awaits you.',
  },
] as const satisfies readonly { kind: keyof Alerts; label: string; hint: string }[];

export interface MailPage {
  ok: true;
  /** The way out, in a sentence, and what sets it. */
  way: string;
  source: string;
  /** What is wrong with it, for admins; null where nothing is known. */
  problem: string | null;
  stopped: boolean;
  test: (TestMail & { word: Word }) | null;
  alerts: { kind: string; label: string; hint: string; on: boolean }[];
  /** When the viewer chose them; null where they are what every owner gets. */
  chosenAt: string | null;
}

/** What the page shows to the viewer of this address; admins read which variable of the server sets the way out. */
export async function mailPage(ask: Ask, owner: string, isAdmin: boolean): Promise<MailPage | Refusal> {
  const out = await ask(getMailOut);
  if (!out.ok) return out;
  const chosen = await ask(getAlerts, { query: { owner } });
  if (!chosen.ok) return chosen;
  const { problem, stopped, last_test: last } = out.body;
  return {
    ok: true,
    way: wayText(out.body),
    source: isAdmin ? SOURCES[out.body.provider] : 'Whoever runs this server sets it.',
    problem,
    stopped,
    test: last === null ? null : { ...last, word: testWord(last, stopped) },
    alerts: ALERTS.map((alert) => ({ ...alert, on: chosen.body[alert.kind] })),
    chosenAt: chosen.body.chosen_at,
  };
}

const SOURCES: Readonly<Record<MailOut['provider'], string>> = {
  resend: 'RESEND_API_KEY and MAIL_DOMAIN set it, in the environment of the server.',
  postmark: 'POSTMARK_SERVER_TOKEN and MAIL_DOMAIN set it, in the environment of the server.',
  smtp: 'SMTP_URL and MAIL_DOMAIN set it, in the environment of the server.',
  maildir: 'None of SMTP_URL, RESEND_API_KEY and POSTMARK_SERVER_TOKEN is set.',
};

/** The way out in words. */
export function wayText({
  provider,
  host,
  mail_domain: domain,
}: Pick<MailOut, 'provider' | 'host' | 'mail_domain'>): string {
  const to = host === null ? '' : ` (${host})`;
  switch (provider) {
    case 'resend':
      return `Mail from ${domain} goes out through Resend${to}.`;
    case 'postmark':
      return `Mail from ${domain} goes out through Postmark${to}.`;
    case 'smtp':
      return `Mail from ${domain} goes out through the SMTP relay ${host ?? ''}.`.replace(' .', '.');
    case 'maildir':
      return 'No mail leaves this machine: it lies in a folder, the Maildir, until a relay or a provider is set.';
  }
}

function testWord({ state }: TestMail, stopped: boolean): Word {
  switch (state) {
    case 'pending':
    case 'sending':
      return stopped
        ? { label: 'waits: all sending is stopped', tone: 'wait' }
        : { label: 'on its way', tone: 'wait' };
    case 'sent':
      return { label: 'handed over', tone: 'good' };
    case 'failed':
      return { label: 'failed', tone: 'bad' };
    case 'dropped':
      return { label: 'not sent', tone: 'quiet' };
  }
}

/** Sends a test mail, or saves the alerts, as the form says. */
export async function changeMail(
  ask: Ask,
  owner: string,
  fields: URLSearchParams,
): Promise<{ ok: true; done: keyof typeof DONE } | Refusal> {
  if (fields.get('action') === 'test') {
    const sent = await ask(sendTestToSelf);
    return sent.ok ? { ok: true, done: 'test' } : sent;
  }
  const on = (kind: (typeof ALERTS)[number]['kind']) => fields.has(kind);
  const body = { held: on('held'), failed: on('failed'), budget: on('budget'), digest: on('digest') };
  const saved = await ask(putAlerts, { query: { owner }, body });
  return saved.ok ? { ok: true, done: 'alerts' } : saved;
}
