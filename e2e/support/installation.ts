/**
 * One installation that gets its mail by webhook and sends it through Resend, in the composition of the Vitest project.
 * What a test sees of it is the same in each.
 */
import { signingDomain } from '@tinyfat/testing/signing-domain';
import type { AnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import type { ResendMail, ResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import type { SignedPost, WebhookReply } from '@tinyfat/testing/stand-ins/webhooks';
import type { ApiClient } from './api.ts';
import { eventually } from './eventually.ts';
import { embedded } from './installation-embedded.ts';
import { OWNER, unsignedMail } from './webhooks.ts';

/** What a composition has to give. */
export interface Composition {
  model: AnthropicStandIn;
  resend: ResendStandIn;
  /** Where pages, API and webhooks are. */
  url: string;
  /** As an admin. */
  api: ApiClient;
  post(event: SignedPost): Promise<WebhookReply>;
  dispose(): Promise<void>;
}

export interface InstallationOptions {
  environment?: Record<string, string>;
  /** DNS records of senders, by name. */
  records: ReturnType<typeof signingDomain>['records'];
}

export interface Installation extends Composition {
  /** A mail comes in at Resend, signed by the domain of its author, and a webhook tells of it. Gives Resend's id of it. */
  arrive(mail: ArrivingMail): Promise<string>;
  /** The mails that an agent sent, once there are so many. */
  sent(agent: string, count: number): Promise<ResendMail[]>;
  /** Mails that came for an agent, newest first, once there are so many. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  mails(agent: string, count: number): Promise<any[]>;
}

export interface ArrivingMail {
  /** Name of the agent. */
  to: string;
  from?: string;
  text: string;
  headers?: Record<string, string>;
  /** Whose domain signs; the author's by default, null for nobody's. */
  signedBy?: string | null;
}

/** Agents are at this domain. */
export const DOMAIN = 'tinyfat.localhost';

const DOMAINS = Object.fromEntries(
  ['example.com', 'stranger.example'].map((domain) => [domain, signingDomain(domain)]),
);

/** Starts it with these agents of the owner. */
export async function startInstallation(
  agents: readonly string[],
  environment: Record<string, string> = {},
): Promise<Installation> {
  const policies = Object.keys(DOMAINS).map((domain) => [
    `_dmarc.${domain}`,
    { TXT: ['v=DMARC1; p=reject'] },
  ]);
  const records = Object.assign(
    Object.fromEntries(policies),
    ...Object.values(DOMAINS).map((domain) => domain.records),
  );
  const options = { environment, records };
  const composition = await embedded(options);
  const { api, resend, post } = composition;
  for (const name of agents) {
    const made = await api.call('POST', '/agents', { name, owner: OWNER });
    if (made.status !== 201) throw new Error(made.text);
  }
  const at = (agent: string) => `${agent}@${DOMAIN}`;
  return {
    ...composition,
    async arrive({ to, from = OWNER, text, headers = {}, signedBy = from.split('@')[1] ?? '' }) {
      const raw = unsignedMail(text, { From: from, To: at(to), ...headers });
      const signed = signedBy === null ? raw : await DOMAINS[signedBy]?.sign(raw);
      if (signed === undefined) throw new Error(`no test domain ${signedBy}`);
      const id = resend.inbox.take({ raw: signed, from, to: [at(to)] });
      const reply = await post({ type: 'email.received', data: resend.inbox.eventData(id) });
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.code} ${reply.reason}`);
      return id;
    },
    async sent(agent, count) {
      const ofAgent = () => resend.sent.filter(({ email }) => email.from.includes(at(agent)));
      await eventually(() => ofAgent().length).toBeGreaterThanOrEqual(count);
      return ofAgent();
    },
    async mails(agent, count) {
      const ofAgent = async () => (await api.get(`/mails?agent=${agent}`)).json.data;
      await eventually(async () => (await ofAgent()).length).toBeGreaterThanOrEqual(count);
      return await ofAgent();
    },
  };
}
