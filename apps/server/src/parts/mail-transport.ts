/** Which way mail goes out. */
import type { Clock, MailTransport } from '@tinyfat/core';
import { providerTransport, type ResendAccount } from '@tinyfat/mail';
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
  if (mailProvider !== null) return providerTransport(mailProvider, clock, account);
  return smtpUrl
    ? smtpRelay({ url: smtpUrl, hostname, ca: config.relayAuthorities })
    : maildir({ folder: mailbox, clock, hostname });
}

/** Asks the relay whether mail would go out, as `checkRelay` does; null where none is configured. */
export function relayCheckOf(
  config: Pick<Config, 'smtpUrl' | 'relayAuthorities' | 'mailDomain'>,
): (() => Promise<RelayCheck>) | null {
  const { smtpUrl: url, relayAuthorities: ca, mailDomain: hostname } = config;
  return url === null ? null : () => checkRelay({ url, hostname, ca });
}
