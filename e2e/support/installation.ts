/**
 * One installation that gets its mail by webhook and sends it through Resend, in the composition of the Vitest project.
 * What a test sees of it is the same in each.
 */
import type { AnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import type { ResendMail, ResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import type { SignedPost, WebhookReply } from '@tinyfat/testing/stand-ins/webhooks';
import type { ApiClient } from './api.ts';
import { eventually } from './eventually.ts';
import { embedded } from './installation-embedded.ts';
import { type ArrivingMail, arrive, DOMAIN, RECORDS } from './senders.ts';
import { OWNER } from './webhooks.ts';

/** Whether the tests of this project run on Workers. */
export const onCloudflare = process.env.TEST_COMPOSITION === 'cloudflare';

/** What a composition gives. */
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

export interface CompositionOptions {
  /** Settings beside those of every test. */
  environment?: Record<string, string>;
  /** What the DNS says of senders. */
  records: typeof RECORDS;
}

/** What a test does with any composition. */
export interface Mailing {
  /** A mail comes in at Resend, and a webhook tells of it. Gives Resend's id of it. */
  arrive(mail: ArrivingMail): Promise<string>;
  /** The mails that an agent sent, once there are so many. */
  sent(agent: string, count: number): Promise<ResendMail[]>;
  /** Mails that came for an agent, newest first, once there are so many. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  mails(agent: string, count: number): Promise<any[]>;
}

export type Installation = Composition & Mailing;

/** Starts that of the project with these agents of the owner. */
export async function startInstallation(
  agents: readonly string[],
  environment: Record<string, string> = {},
): Promise<Installation> {
  const compose = onCloudflare ? (await import('./cloudflare/installation.ts')).onWorkers : embedded;
  return await withAgents(await compose({ environment, records: RECORDS }), agents);
}

/** Makes these agents of the owner. */
export async function withAgents<Made extends Composition>(
  composition: Made,
  agents: readonly string[],
): Promise<Made & Mailing> {
  const { api, resend } = composition;
  for (const name of agents) {
    const made = await api.call('POST', '/agents', { name, owner: OWNER });
    if (made.status !== 201) throw new Error(made.text);
  }
  return {
    ...composition,
    arrive: (mail) => arrive(composition, mail),
    async sent(agent, count) {
      const ofAgent = () => resend.sent.filter(({ email }) => email.from.includes(`${agent}@${DOMAIN}`));
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
