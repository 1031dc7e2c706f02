/** The firm of `firm.ts` on Workers: its people sign their mails, and one of them is signed in. */
import { setTimeout as pause } from 'node:timers/promises';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type OpenIdProvider, openOpenIdProvider } from '@tinyfat/testing/stand-ins/openid-provider';
import type { ResendEmail } from '@tinyfat/testing/stand-ins/resend';
import {
  AGENTS,
  COLLEAGUES,
  DOMAIN,
  type FirmIds,
  type FirmMail,
  FOREIGN_AGENT,
  fillFirm,
  OWNER,
  STRANGER,
  script,
} from '../firm.ts';
import { type Visitor, visitor } from '../visitor.ts';
import { unsignedMail } from '../webhooks.ts';
import { type OnWorkers, onWorkers, PUBLIC_URL } from './installation.ts';

export interface FirmOnWorkers extends OnWorkers {
  ids: FirmIds;
  /** Of admins; owns nothing. */
  openId: OpenIdProvider;
  /** Signed in by a mail. */
  owner: Visitor;
  /** Somebody who is not signed in. */
  nobody(): Visitor;
  /** The cron of the minute of the platform, or of the queue as if it were this time (epoch ms). */
  cron(worker: 'platform' | 'queue', at?: number): Promise<void>;
  /** The newest mail with this subject to the address, once it is there. */
  mailTo(address: string, subject: RegExp): Promise<ResendEmail>;
}

export const ADMIN = 'harbourmaster@harbour.example';

/** Starts it; resolves when every mail is in its state. */
export async function firmOnWorkers(environment: Record<string, string> = {}): Promise<FirmOnWorkers> {
  const domains = Object.fromEntries(
    ['harbour.example', 'cheap-cruises.example'].map((name) => [name, signingDomain(name)]),
  );
  const openId = await openOpenIdProvider(`${PUBLIC_URL}/sign-in/oidc/callback`, {
    email: ADMIN,
    email_verified: true,
  });
  const here = await onWorkers({
    script,
    records: Object.assign(
      {},
      ...Object.entries(domains).map(([name, { records }]) => ({
        ...records,
        [`_dmarc.${name}`]: { TXT: ['v=DMARC1; p=reject'] },
      })),
    ),
    environment: {
      MAIL_DOMAIN: DOMAIN,
      ADMIN_EMAILS: ADMIN,
      OIDC_ISSUER: openId.settings.issuer,
      OIDC_CLIENT_ID: openId.settings.clientId,
      ...environment,
    },
    secrets: { OIDC_CLIENT_SECRET: openId.settings.clientSecret },
  });
  const agents = [
    ...AGENTS.map((name) => ({ name, owner: OWNER })),
    { name: FOREIGN_AGENT, owner: STRANGER },
  ];
  for (const { name, owner } of agents) {
    const allow = owner === OWNER ? [COLLEAGUES] : [];
    const made = await here.api.call('POST', '/agents', { name, owner, allow });
    if (made.status !== 201) throw new Error(made.text);
  }
  const send = async ({ from, to, subject, text }: FirmMail) => {
    const [, address = '', domain = ''] = /([^\s<@]+@([^>]+))>?$/.exec(from) ?? [];
    const raw = await domains[domain]?.sign(unsignedMail(text, { From: from, To: to, Subject: subject }));
    if (raw === undefined) throw new Error(`no domain of the firm: ${domain}`);
    const id = here.resend.inbox.take({ raw, from: address, to: [to] });
    const reply = await here.post({ type: 'email.received', data: here.resend.inbox.eventData(id) });
    if (reply.status !== 200) throw new Error(`${reply.status} ${reply.code} ${reply.reason}`);
  };
  const nobody = () => visitor({ url: here.url, publicUrl: PUBLIC_URL });
  const owner = nobody();
  await signInByMail(owner, here, OWNER);
  const ids = await fillFirm({
    model: here.model,
    db: here.db,
    send,
    list: async (path) => JSON.parse((await owner.get(`/api/v1${path}`)).text).data,
  });
  return {
    ...here,
    ids,
    openId,
    owner,
    nobody,
    async cron(worker, at = Date.now()) {
      const ran = await here.workers
        .worker(worker)
        .scheduled({ cron: '* * * * *', scheduledTime: new Date(at) });
      if (ran.outcome !== 'ok') throw new Error(`the cron of ${worker}: ${ran.outcome}`);
    },
    mailTo: (address, subject) =>
      onceThere(
        () =>
          here.resend.sent.findLast(({ email }) => email.to.includes(address) && subject.test(email.subject))
            ?.email,
      ),
    async dispose() {
      here.model.release('report');
      await here.dispose();
      await openId.close();
    },
  };
}

/** Asks for the mail with the link, and opens it. */
async function signInByMail(who: Visitor, { resend }: OnWorkers, address: string): Promise<void> {
  await who.post('/sign-in', { address });
  const token = () => {
    const texts = resend.sent
      .filter(({ email }) => email.to.includes(address))
      .map(({ email }) => email.text);
    return /\/sign-in\/confirm\?token=([\w-]{43})\b/.exec(texts.join('\n'))?.[1];
  };
  const done = await who.post('/sign-in/confirm', { token: await onceThere(token) });
  if (done.status !== 303) throw new Error(`${done.status} ${done.text}`);
}

/** Within the time of the test. */
async function onceThere<T>(what: () => T | undefined): Promise<T> {
  for (;;) {
    const found = what();
    if (found !== undefined) return found;
    await pause(50);
  }
}

/** Goes to the provider and back; gives where that led to. */
export async function signInByProvider(
  who: Visitor,
  { settings: { issuer } }: OpenIdProvider,
): Promise<string> {
  const provider = visitor({ url: issuer, publicUrl: issuer });
  let { location } = await who.get('/sign-in/oidc?to=/settings/server');
  while (location?.startsWith(issuer)) {
    const step = await provider.get(location.slice(issuer.length));
    location = step.location && new URL(step.location, issuer).href;
  }
  if (!location?.startsWith(PUBLIC_URL)) throw new Error(`the provider led to ${location}`);
  const back = await who.get(location.slice(PUBLIC_URL.length));
  return back.location ?? `${back.status}`;
}
