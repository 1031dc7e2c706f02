/** Which way mail goes out, said without loading what sends it. */
import type { Config } from './config.ts';

/** The way out in words, without anything secret; null for the Maildir. */
export function mailWay({ smtpUrl, mailProvider }: Pick<Config, 'smtpUrl' | 'mailProvider'>): string | null {
  if (mailProvider) return `${mailProvider.kind} API at ${new URL(mailProvider.baseUrl).host}`;
  return smtpUrl ? `SMTP relay ${new URL(smtpUrl).host}` : null;
}

/** The way out by its kind, and the host of the API or the relay; null for the Maildir. */
export function wayOut({ smtpUrl, mailProvider }: Pick<Config, 'smtpUrl' | 'mailProvider'>): {
  provider: 'resend' | 'postmark' | 'smtp' | 'maildir';
  host: string | null;
} {
  if (mailProvider) return { provider: mailProvider.kind, host: new URL(mailProvider.baseUrl).host };
  return smtpUrl ? { provider: 'smtp', host: new URL(smtpUrl).host } : { provider: 'maildir', host: null };
}
