/** The certificate of the listener for STARTTLS: can it be used, for how long, and by whom is it trusted? */
import { X509Certificate } from 'node:crypto';
import type { Config } from '../config.ts';
import { loadTlsFiles, type TlsPair } from '../files/tls-files.ts';
import { broken, type Check, note, type Observation, ok } from './finding.ts';

const DAY_MS = 86_400_000;
/** Certificates of 90 days are renewed 30 days before their end, of 45 days 15 before. */
const SOON_DAYS = 14;

interface CertificateDeps {
  smtp: Config['smtp'];
  /** Whether MAIL_DOMAIN is one that mail comes to from outside. */
  ownDomain: boolean;
  /** Epoch ms. */
  now: number;
}

/** Looks at SMTP_TLS_CERT and SMTP_TLS_KEY. */
export function certificateCheck(deps: CertificateDeps): Check {
  return { name: 'certificate', look: () => look(deps) };
}

function look({ smtp, ownDomain, now }: CertificateDeps): Observation | Observation[] {
  if (smtp.tls === null) {
    if (smtp.port === null || !ownDomain) return ok('none, and none is needed');
    return note(
      'none: mail comes in unencrypted (no STARTTLS)',
      'Set SMTP_TLS_CERT and SMTP_TLS_KEY to the files of a certificate for the MX name.',
    );
  }
  const loaded = loadTlsFiles(smtp.tls, now);
  if (!loaded.ok) return broken(loaded.reason, loaded.fix);
  const exposed = loaded.warnings.filter(({ code }) => code === 'tls_key_exposed');
  return [
    dates(loaded, now) ?? chain(loaded, smtp.tls.certFile) ?? ok(described(loaded)),
    ...exposed.map(({ reason, fix }) => note(reason, fix)),
  ];
}

function dates(pair: TlsPair, now: number): Observation | null {
  const { validFrom, validUntil } = pair;
  const renew = 'Renew it; SIGHUP, or a restart, lets the server read it again.';
  if (validUntil < now) return broken(`expired on ${day(validUntil)} (${described(pair)})`, renew);
  if (validFrom > now)
    return broken(
      `is not valid before ${day(validFrom)}`,
      'Look at the clock of this machine, or take the right certificate.',
    );
  const left = Math.floor((validUntil - now) / DAY_MS);
  if (left >= SOON_DAYS) return null;
  const days = left === 1 ? '1 day' : `${left} days`;
  return note(`expires in ${days}, on ${day(validUntil)} (${described(pair)})`, renew);
}

/** Unless it is self-signed, clients need the certificate of its issuer, which the server has to send too. */
function chain(pair: TlsPair, certFile: string): Observation | null {
  const { issuer, subject } = new X509Certificate(pair.cert);
  const certificates = pair.cert.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  if (issuer === subject || certificates.length > 1) return null;
  return note(
    `${described(pair)}, without the chain to its authority`,
    `Strict servers will not trust it: put the whole chain into ${certFile} (fullchain.pem of certbot).`,
  );
}

function described({ names, validUntil }: TlsPair): string {
  const [shown, more] = [names.slice(0, 3).join(', '), names.length - 3];
  const named = more > 0 ? `${shown} and ${more} more` : shown;
  return `for ${named || 'no name'}, until ${day(validUntil)}`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
