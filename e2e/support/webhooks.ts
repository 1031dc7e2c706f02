/** A server that gets its mail by webhook, with what it needs around it: model, provider, DNS of a sender who signs. */
import { randomBytes } from 'node:crypto';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type DnsStub, startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { type ResendStandIn, startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import {
  postResend,
  type SignedPost,
  WEBHOOK_SECRET,
  type WebhookReply,
} from '@tinyfat/testing/stand-ins/webhooks';
import { until } from './eventually.ts';
import { startTinyfat, type Tinyfat } from './tinyfat.ts';

export const SCOUT = 'scout@tinyfat.localhost';
export const OWNER = 'owner@example.com';
export const apiKey = 're_e2e_webhooks_5c1b';
const owner = signingDomain('example.com');

export interface WebhookWorld {
  server: Tinyfat;
  resend: ResendStandIn;
  model: AnthropicStandIn;
  /** Of the server's HTTP port. */
  url: string;
  /** Posts an event of Resend. */
  post(event: SignedPost): Promise<WebhookReply>;
  /** A mail comes in at Resend, and a webhook tells of it. Gives Resend's id of the mail. */
  arrive(raw: Uint8Array, mail?: Arriving, event?: Partial<SignedPost>): Promise<string>;
  /** Waits until the server, or this agent, has so many mails, all through the intake; gives them, newest first. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  mails(count: number, agent?: string): Promise<any[]>;
  /** Waits for the newest event in this state; gives its row. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  event(state: string, mail?: string): Promise<any>;
  dispose(): Promise<void>;
}

/** What the provider knows of a mail; to scout alone by default. */
export interface Arriving {
  from?: string;
  to?: string[];
  cc?: string[];
  receivedFor?: string[];
  at?: number;
}

/** Starts everything. `ratePerSecond`: of Resend's API. */
export async function startWebhookWorld(
  options: {
    environment?: Record<string, string>;
    agents?: Record<string, string[]>;
    ratePerSecond?: number;
    provider?: 'resend' | 'postmark';
  } = {},
): Promise<WebhookWorld> {
  const model = await startAnthropicStandIn();
  const resend = await startResendStandIn({
    apiKey,
    ...(options.ratePerSecond === undefined ? {} : { ratePerSecond: options.ratePerSecond }),
  });
  const dns: DnsStub = await startDnsStub({
    ...owner.records,
    '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  });
  const byResend = {
    RESEND_API_KEY: apiKey,
    RESEND_BASE_URL: resend.url,
    RESEND_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
  const server = await startTinyfat({
    environment: {
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: model.url,
      DNS_SERVERS: dns.address,
      SMTP_PORT: '0',
      ...(options.provider === 'postmark' ? {} : byResend),
      ...options.environment,
    },
    agents: options.agents ?? { scout: [] },
  });
  const url = `http://${server.host}:8025`;
  const post = (event: SignedPost) => postResend(url, event);
  return {
    server,
    resend,
    model,
    url,
    post,
    async arrive(raw, mail = {}, event = {}) {
      const id = resend.inbox.take({ raw, from: OWNER, to: [SCOUT], ...mail });
      const reply = await post({ type: 'email.received', data: resend.inbox.eventData(id), ...event });
      if (reply.status !== 200) throw new Error(`${reply.status} ${reply.code} ${reply.reason}`);
      return id;
    },
    async mails(count, agent) {
      const words = ['mails', ...(agent === undefined ? [] : [agent]), '--limit', '1000'];
      return await until(
        () => server.json(words),
        (mails) => mails.length >= count,
      );
    },
    async event(state, mail) {
      const newest = async () =>
        (await server.json(['webhooks'])).find(
          (one: { state: string; mail: string }) =>
            one.state === state && (mail === undefined || one.mail === mail),
        );
      return await until(newest, (found) => found !== undefined);
    },
    async dispose() {
      await server.dispose();
      await dns.close();
      await resend.close();
      await model.close();
    },
  };
}

/** A mail of the owner to scout, signed by the owner's domain. */
export async function signedMail(body: string, headers: Record<string, string> = {}): Promise<Buffer> {
  return await owner.sign(unsignedMail(body, headers));
}

/** The same as a forger writes it. */
export function unsignedMail(body: string, headers: Record<string, string> = {}): Buffer {
  const usual = {
    From: `Owner <${OWNER}>`,
    To: SCOUT,
    Subject: 'Ping',
    Date: new Date().toUTCString(),
    'Message-ID': `<${randomBytes(8).toString('hex')}@example.com>`,
    'Content-Type': 'text/plain; charset=utf-8',
    ...headers,
  };
  const lines = Object.entries(usual).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[...lines, '', body].join('\r\n')}\r\n`);
}
