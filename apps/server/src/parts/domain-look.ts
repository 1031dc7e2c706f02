/** The mail domain as the world sees it, for the pages. `tinyfat doctor` looks further: at ports, certificates, logins. */
import { type MailDomainReport, mailDomainLook } from '@tinyfat/mail';
import { nodeResolver } from '@tinyfat/mail/node';
import { type Config, DEFAULT_DOMAIN } from '../config.ts';

/** Null for the default domain, which is nobody's. */
export function domainLook(
  config: Pick<Config, 'mailDomain' | 'publicUrl' | 'webhooks' | 'mailProvider' | 'smtpUrl' | 'dnsServers'>,
): (() => Promise<MailDomainReport>) | null {
  const { mailDomain: domain, webhooks, smtpUrl } = config;
  if (domain === DEFAULT_DOMAIN) return null;
  return mailDomainLook({
    domain,
    publicUrl: new URL(config.publicUrl),
    receives:
      webhooks.resendSecrets.length > 0
        ? 'resend'
        : webhooks.postmarkCredentials.length > 0
          ? 'postmark'
          : 'smtp',
    provider: config.mailProvider,
    relay: smtpUrl === null ? null : new URL(smtpUrl).hostname,
    resolver: (budgetMs) => nodeResolver(config.dnsServers, budgetMs),
    fetch,
  });
}
