/** Which way mail goes out. */
import type { Clock, MailTransport } from '@tinyfat/core';
import { postmark, type ResendAccount, resend, resendAccount } from '@tinyfat/mail';
import { checkRelay, maildir, type RelayCheck, smtpRelay } from '@tinyfat/mail/node';
import type { Config } from '../config.ts';

/** The provider or the relay that is configured, else the Maildir in the given folder. */
export function mailTransport(
  config: Pick<Config, 'smtpUrl' | 'relayAuthorities' | 'mailProvider' | 'mailDomain'>,
  mailbox: string,
  clock: Clock,
  account: ResendAccount | null = null,
): MailTransport {
  const hostname = config.mailDomain;
  const { smtpUrl, mailProvider } = config;
  switch (mailProvider?.kind) {
    case 'resend':
      return resend({
        apiKey: mailProvider.key,
        baseUrl: mailProvider.baseUrl,
        clock,
        ...(account === null ? {} : { account }),
      });
    case 'postmark':
      return postmark({ serverToken: mailProvider.key, baseUrl: mailProvider.baseUrl, clock });
    case undefined:
      return smtpUrl
        ? smtpRelay({ url: smtpUrl, hostname, ca: config.relayAuthorities })
        : maildir({ folder: mailbox, clock, hostname });
  }
}

/** Asks the relay whether mail would go out, as `checkRelay` does; null where none is configured. */
export function relayCheckOf(
  config: Pick<Config, 'smtpUrl' | 'relayAuthorities' | 'mailDomain'>,
): (() => Promise<RelayCheck>) | null {
  const { smtpUrl: url, relayAuthorities: ca, mailDomain: hostname } = config;
  return url === null ? null : () => checkRelay({ url, hostname, ca });
}

/** The account at Resend that mail goes out and comes in through; null where there is none. */
export function resendAccountOf(
  { mailProvider }: Pick<Config, 'mailProvider'>,
  clock: Clock,
): ResendAccount | null {
  if (mailProvider?.kind !== 'resend') return null;
  return resendAccount({ apiKey: mailProvider.key, baseUrl: mailProvider.baseUrl, clock });
}

/** The way out in words, without anything secret; null for the Maildir. */
export function mailWay({ smtpUrl, mailProvider }: Pick<Config, 'smtpUrl' | 'mailProvider'>): string | null {
  if (mailProvider) return `${mailProvider.kind} API at ${new URL(mailProvider.baseUrl).host}`;
  return smtpUrl ? `SMTP relay ${new URL(smtpUrl).host}` : null;
}
