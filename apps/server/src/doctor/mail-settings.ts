/** The domain, the way out and the webhooks, as they are set; nothing is tried. */
import { isLoopbackHostname } from '@tinyfat/core';
import { type Config, DEFAULT_DOMAIN } from '../config.ts';
import { mailWay } from '../mail-way.ts';
import { broken, type Check, note, type Observation, ok } from './finding.ts';

/** Whether MAIL_DOMAIN is one of the operator's own. */
export function hasOwnDomain({ mailDomain }: Pick<Config, 'mailDomain'>): boolean {
  return mailDomain !== DEFAULT_DOMAIN;
}

/** MAIL_DOMAIN. */
export function mailDomainCheck(config: Config): Check {
  return {
    name: 'mail domain',
    look() {
      const { mailDomain } = config;
      if (hasOwnDomain(config)) return ok(mailDomain);
      return note(mailDomain, 'Set MAIL_DOMAIN to a domain of yours to be reached from outside.');
    },
  };
}

/** The relay, the provider, or the Maildir. */
export function mailOutCheck(config: Config): Check {
  return {
    name: 'mail out',
    look() {
      const way = mailWay(config);
      if (way !== null) return ok(way);
      return note(
        'a Maildir on this machine: no mail leaves it',
        'Set SMTP_URL, RESEND_API_KEY or POSTMARK_SERVER_TOKEN to send for real.',
      );
    },
  };
}

/** Webhooks of Resend and Postmark: is each set together with its key, and reached over HTTPS? */
export function webhooksCheck(config: Config): Check {
  return { name: 'webhooks', look: () => webhooks(config) };
}

function webhooks(config: Config): Observation | Observation[] {
  const { resendSecrets, postmarkCredentials } = config.webhooks;
  const kind = config.mailProvider?.kind;
  const set = [
    ...(resendSecrets.length > 0 ? ['Resend'] : []),
    ...(postmarkCredentials.length > 0 ? ['Postmark'] : []),
  ];
  const findings: Observation[] = [];
  if (kind === 'resend' && resendSecrets.length === 0)
    findings.push(silent('Resend', 'RESEND_WEBHOOK_SECRET'));
  if (kind === 'postmark' && postmarkCredentials.length === 0)
    findings.push(silent('Postmark', 'POSTMARK_WEBHOOK_AUTH'));
  if (set.length === 0) return findings.length > 0 ? findings : ok('none');
  const { protocol, hostname } = new URL(config.publicUrl);
  if (protocol !== 'https:' || isLoopbackHostname(hostname))
    findings.push(
      note(
        `of ${set.join(' and ')}, and PUBLIC_URL is ${config.publicUrl}`,
        'They are sent to an address over HTTPS only: set PUBLIC_URL to the one of the proxy in front.',
      ),
    );
  if (resendSecrets.length > 0 && config.mailProvider?.kind !== 'resend')
    findings.push(
      broken(
        'RESEND_WEBHOOK_SECRET is set, and RESEND_API_KEY is not',
        'Set both: the mail that a webhook tells of is asked for with the key.',
      ),
    );
  return findings.length > 0 ? findings : ok(`of ${set.join(' and ')}`);
}

function silent(provider: string, variable: string): Observation {
  return note(
    `${provider} sends the mail, and tells nobody of bounces`,
    `Set ${variable}, and the webhook at ${provider}: docs/self-host.md, "Mail by webhook".`,
  );
}
