/** Senders of mail at test domains that sign, and how their mail comes in at Resend. */
import { signingDomain } from '@tinyfat/testing/signing-domain';
import type { DnsStubRecords } from '@tinyfat/testing/stand-ins/dns-stub';
import type { ResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import type { SignedPost, WebhookReply } from '@tinyfat/testing/stand-ins/webhooks';
import { OWNER, unsignedMail } from './webhooks.ts';

/** Agents are at this domain. */
export const DOMAIN = 'tinyfat.localhost';

const DOMAINS = Object.fromEntries(
  ['example.com', 'stranger.example'].map((domain) => [domain, signingDomain(domain)]),
);

/** What the DNS says of them. */
export const RECORDS: Record<string, DnsStubRecords> = Object.assign(
  {},
  ...Object.entries(DOMAINS).map(([name, { records }]) => ({
    ...records,
    [`_dmarc.${name}`]: { TXT: ['v=DMARC1; p=reject'] },
  })),
);

export interface ArrivingMail {
  /** Name of the agent. */
  to: string;
  /** `owner@example.com` by default. */
  from?: string;
  text: string;
  headers?: Record<string, string>;
  /** Whose domain signs; the author's by default, null for nobody's. */
  signedBy?: string | null;
}

/** The bytes of a mail, signed as it says. */
export async function signed({
  to,
  from = OWNER,
  text,
  headers = {},
  signedBy = from.split('@')[1] ?? '',
}: ArrivingMail): Promise<Uint8Array> {
  const raw = unsignedMail(text, { From: from, To: `${to}@${DOMAIN}`, ...headers });
  if (signedBy === null) return raw;
  const domain = DOMAINS[signedBy];
  if (domain === undefined) throw new Error(`no test domain ${signedBy}`);
  return await domain.sign(raw);
}

/** A mail comes in at Resend, and a webhook tells of it. Gives Resend's id of it. */
export async function arrive(
  { resend, post }: { resend: ResendStandIn; post(event: SignedPost): Promise<WebhookReply> },
  mail: ArrivingMail,
): Promise<string> {
  const { to, from = OWNER } = mail;
  const id = resend.inbox.take({ raw: await signed(mail), from, to: [`${to}@${DOMAIN}`] });
  const reply = await post({ type: 'email.received', data: resend.inbox.eventData(id) });
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.code} ${reply.reason}`);
  return id;
}
