/** A look at the mail domain from outside: its rows in DNS, and what the provider says. Live, and bounded. */
import type { MailProvider } from '@tinyfat/core';
import { type DnsResolver, limitedLookups } from '../authenticate/lookups.ts';
import { type DnsRows, resendDnsRows } from '../providers/resend-dns-rows.ts';
import { type DomainQuestion, type DomainRow, domainRows } from './domain-rows.ts';

export interface DomainLookOptions {
  domain: string;
  publicUrl: URL;
  receives: DomainQuestion['receives'];
  provider: MailProvider | null;
  /** Host of the relay; null where there is none. */
  relay: string | null;
  /** For the lookups of one look, which together may take so many ms. */
  resolver(budgetMs: number): DnsResolver;
  fetch: typeof globalThis.fetch;
}

/** `said` is a sentence; nothing in it is secret. */
export interface MailDomainReport {
  rows: DomainRow[];
  /** Who sends the mail. `unknown` where only mails show how it is. */
  sender: { name: string; state: 'ok' | 'trouble' | 'unknown'; said: string };
}

/** For all lookups; they go on beside each other. */
const LIMITS = { budgetMs: 8000, lookups: 60 };
const ANSWER_MS = 8000;

/** A look is good for so long, ms: whoever loads a page again and again uses up no limit of the provider's. */
const GOOD_MS = 10_000;

/** Makes the look. Who asks while one is under way, or soon after, gets that one. Never rejects. */
export function mailDomainLook(
  options: DomainLookOptions,
  now: () => number = () => performance.now(),
): () => Promise<MailDomainReport> {
  let last: { endedAt: number | null; report: Promise<MailDomainReport> } | null = null;
  return async () => {
    const isGood = last !== null && (last.endedAt === null || now() - last.endedAt < GOOD_MS);
    if (last === null || !isGood) {
      const begun: NonNullable<typeof last> = { endedAt: null, report: look(options) };
      last = begun;
      const end = () => {
        begun.endedAt = now();
      };
      void begun.report.then(end, end);
    }
    return await last.report;
  };
}

async function look(options: DomainLookOptions): Promise<MailDomainReport> {
  const { domain, publicUrl, receives, provider, relay } = options;
  const ofResend =
    provider?.kind === 'resend' ? await resendDnsRows({ ...provider, fetch: options.fetch }, domain) : null;
  const resolver = options.resolver(LIMITS.budgetMs);
  try {
    const [rows, sender] = await Promise.all([
      domainRows({
        domain,
        publicHost: publicUrl.hostname,
        receives,
        sends: sending(provider, relay, ofResend),
        resolve: limitedLookups(resolver, LIMITS),
      }),
      senderState(options, ofResend),
    ]);
    return { rows, sender };
  } finally {
    resolver.cancel();
  }
}

function sending(
  provider: MailProvider | null,
  relay: string | null,
  rows: DnsRows,
): DomainQuestion['sends'] {
  if (provider?.kind === 'resend') return { kind: 'resend', rows };
  if (provider?.kind === 'postmark') return { kind: 'postmark' };
  return relay === null ? { kind: 'maildir' } : { kind: 'relay', host: relay };
}

async function senderState(
  { provider, relay, domain, fetch }: DomainLookOptions,
  rows: DnsRows,
): Promise<MailDomainReport['sender']> {
  if (provider?.kind === 'resend') {
    if (rows === null)
      return {
        name: 'Resend',
        state: 'unknown',
        said: `Resend could not be asked, or does not know ${domain}.`,
      };
    const open = rows.filter(({ status }) => status !== 'verified').length;
    return open === 0
      ? { name: 'Resend', state: 'ok', said: `Resend has verified ${domain}.` }
      : { name: 'Resend', state: 'trouble', said: `Resend has not verified ${open} of the rows yet.` };
  }
  if (provider?.kind === 'postmark') return await postmarkState(provider, fetch);
  if (relay === null)
    return {
      name: 'Nobody',
      state: 'trouble',
      said: 'Mail stays in the mailbox of this machine: no provider and no relay is set.',
    };
  return {
    name: relay,
    state: 'unknown',
    said: 'The relay shows how it is with the next mail; tinyfat doctor asks it.',
  };
}

async function postmarkState(
  { key, baseUrl }: MailProvider,
  fetch: typeof globalThis.fetch,
): Promise<MailDomainReport['sender']> {
  const name = 'Postmark';
  try {
    const answer = await fetch(`${baseUrl}/server`, {
      headers: { accept: 'application/json', 'x-postmark-server-token': key },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return { name, state: 'ok', said: 'Postmark takes the token.' };
    return { name, state: 'trouble', said: `Postmark does not take the token (${answer.status}).` };
  } catch {
    return { name, state: 'unknown', said: 'Postmark could not be reached.' };
  }
}
