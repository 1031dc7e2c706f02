/** The way out through a provider with an HTTP API, by the settings. */
import type { Clock, MailProvider, MailTransport } from '@tinyfat/core';
import { postmark } from './postmark.ts';
import { resend } from './resend.ts';
import { type ResendAccount, resendAccount } from './resend-account.ts';

/** `account` is shared with mail in, where that comes through Resend as well. */
export function providerTransport(
  { kind, key, baseUrl }: MailProvider,
  clock: Clock,
  account: ResendAccount | null = null,
): MailTransport {
  if (kind === 'postmark') return postmark({ serverToken: key, baseUrl, clock });
  return resend({ apiKey: key, baseUrl, clock, ...(account === null ? {} : { account }) });
}

/** The account at Resend that mail goes out and comes in through; null where the provider is another, or none. */
export function resendAccountOf(provider: MailProvider | null, clock: Clock): ResendAccount | null {
  if (provider?.kind !== 'resend') return null;
  return resendAccount({ apiKey: provider.key, baseUrl: provider.baseUrl, clock });
}
