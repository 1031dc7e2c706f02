/** How nodemailer connects to the relay, for mails and for the check alike. */
import { createSecureContext, getCACertificates } from 'node:tls';
import { parseConnectionUrl } from 'nodemailer/lib/shared';

export interface RelayConnectionOptions {
  /** `smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…:465`; nodemailer's URL options. */
  url: string;
  /** Name in EHLO. */
  hostname: string;
  /** PEM certificates of authorities that are trusted beside those that Node trusts; null for none. */
  ca?: string | null;
}

/** What the URL says, with the name and the trust of this server. Throws where `ca` is no PEM certificate. */
export function relayConnection({ url, hostname, ca = null }: RelayConnectionOptions) {
  const parsed = parseConnectionUrl(url);
  const tls = parsed.tls ?? {};
  // Authorities that are given take the place of Node's. One context, since it takes ms to build with them all.
  const trust =
    ca === null
      ? {}
      : { secureContext: createSecureContext({ ...tls, ca: [...getCACertificates('default'), ca] }) };
  return { ...parsed, name: hostname, tls: { ...tls, ...trust } };
}
