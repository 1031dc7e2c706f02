/** The settings of this Worker, from its variables; they mean what they mean for the server (docs/environment.md). */
import { authservIds, DEFAULT_DOMAIN, domain, httpsUrl, settingsReader } from '@tinyfat/settings';

export interface MailSettings {
  mailDomain: string;
  /** Lower case. */
  trustedAuthservIds: readonly string[];
  /** Address of a resolver (RFC 8484). */
  dnsOverHttps: string;
}

const CLOUDFLARE_DNS = 'https://cloudflare-dns.com/dns-query';

/** Reads them; throws with all that is wrong. */
export function readSettings(vars: object): MailSettings {
  const texts = Object.entries(vars).filter(([, value]) => typeof value === 'string');
  const { read, problems } = settingsReader(Object.fromEntries(texts));
  const settings: MailSettings = {
    mailDomain: read('MAIL_DOMAIN', domain, DEFAULT_DOMAIN),
    trustedAuthservIds: read<string[]>('TRUSTED_AUTHSERV_IDS', authservIds, []),
    dnsOverHttps: read('DNS_OVER_HTTPS', httpsUrl, CLOUDFLARE_DNS),
  };
  if (problems.length > 0) throw new Error(problems.join(' '));
  return settings;
}
