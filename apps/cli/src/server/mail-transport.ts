/** Which way mail goes out. */
import type { Clock, MailTransport } from '@tinyfat/core';
import { maildir, postmark, resend, smtpRelay } from '@tinyfat/mail';
import type { Config } from '../config.ts';

/** The provider or the relay that is configured, else the Maildir in the given folder. */
export function mailTransport(
  config: Pick<Config, 'smtpUrl' | 'mailProvider' | 'mailDomain'>,
  mailbox: string,
  clock: Clock,
): MailTransport {
  const hostname = config.mailDomain;
  const { smtpUrl, mailProvider } = config;
  switch (mailProvider?.kind) {
    case 'resend':
      return resend({ apiKey: mailProvider.key, baseUrl: mailProvider.baseUrl, clock });
    case 'postmark':
      return postmark({ serverToken: mailProvider.key, baseUrl: mailProvider.baseUrl, clock });
    case undefined:
      return smtpUrl ? smtpRelay({ url: smtpUrl, hostname }) : maildir({ folder: mailbox, clock, hostname });
  }
}

/** The same in words, without anything secret; null for the Maildir. */
export function mailWay({ smtpUrl, mailProvider }: Pick<Config, 'smtpUrl' | 'mailProvider'>): string | null {
  if (mailProvider) return `${mailProvider.kind} API at ${new URL(mailProvider.baseUrl).host}`;
  return smtpUrl ? `SMTP relay ${new URL(smtpUrl).host}` : null;
}
