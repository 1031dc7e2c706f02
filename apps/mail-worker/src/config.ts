/** The settings of the Worker, from its variables; they mean what they mean for the server (docs/environment.md). */
import { canonicalDomain } from '@tinyfat/core';

/** Variables of the Worker, as they are written. */
export interface MailWorkerVars {
  MAIL_DOMAIN: string;
  TRUSTED_AUTHSERV_IDS?: string;
  /** Address of a resolver (RFC 8484); Cloudflare's own by default. */
  DNS_OVER_HTTPS?: string;
}

export interface MailWorkerConfig {
  mailDomain: string;
  /** Lower case. */
  authservIds: readonly string[];
  dnsOverHttps: string;
}

const CLOUDFLARE_DNS = 'https://cloudflare-dns.com/dns-query';

/** Throws with the name of a variable whose value can't be used. */
export function readConfig(vars: MailWorkerVars): MailWorkerConfig {
  const domain = canonicalDomain(vars.MAIL_DOMAIN);
  if (!domain.ok) throw new Error('MAIL_DOMAIN is no domain name; set one such as agents.example.com.');
  const authservIds = (vars.TRUSTED_AUTHSERV_IDS ?? '')
    .split(',')
    .map((id) => id.trim().toLowerCase())
    .filter((id) => id !== '');
  if (!authservIds.every((id) => /^[a-z0-9][a-z0-9._-]{0,252}$/.test(id))) {
    throw new Error(
      'TRUSTED_AUTHSERV_IDS must be names as they stand first in Authentication-Results, such as mx.example.com, with commas between.',
    );
  }
  const dnsOverHttps = vars.DNS_OVER_HTTPS ?? CLOUDFLARE_DNS;
  const url = URL.parse(dnsOverHttps);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new Error(`DNS_OVER_HTTPS must be an https address such as ${CLOUDFLARE_DNS}.`);
  }
  return { mailDomain: domain.domain, authservIds, dnsOverHttps };
}
