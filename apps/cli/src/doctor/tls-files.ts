/** The certificate of the listener for STARTTLS: readable, in date, and of the key beside it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Config } from '../config.ts';
import { broken, type Check, codeOf, type Finding, note, ok, wordsOf } from './finding.ts';

const NAME = 'certificate';
const DAY_MS = 86_400_000;
/** Certificates of 90 days are renewed 30 days before their end, of 45 days 15 before. */
const SOON_DAYS = 14;
const MOST_BYTES = 1 << 20;
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

export interface TlsParts {
  config: Pick<Config, 'smtp' | 'mailDomain'>;
  ownDomain: boolean;
  /** Epoch ms. */
  now: number;
}

/** Looks at SMTP_TLS_CERT and SMTP_TLS_KEY. */
export function tlsFilesCheck(parts: TlsParts): Check {
  return { name: NAME, look: () => look(parts) };
}

function look({ config, ownDomain, now }: TlsParts): Finding {
  const { tls, port } = config.smtp;
  if (tls === null) {
    if (port === null || !ownDomain) return ok(NAME, 'none, and none is needed');
    return note(
      NAME,
      'none: mail comes in unencrypted (no STARTTLS)',
      'Set SMTP_TLS_CERT and SMTP_TLS_KEY to the files of a certificate for the MX name.',
    );
  }
  const read = readCertificate(tls.certFile);
  if (!read.ok) return read.finding;
  const key = readKey(tls.keyFile);
  if (!key.ok) return key.finding;
  const { leaf, chained } = read;
  if (!leaf.checkPrivateKey(key.key))
    return broken(
      NAME,
      `the key in ${tls.keyFile} is not that of the certificate in ${tls.certFile}`,
      'Put certificate and key of the same renewal in their places; in a chain the certificate of the server comes first.',
    );
  return dates(leaf, now) ?? chain(leaf, chained, tls.certFile) ?? ok(NAME, described(leaf));
}

/** The certificate of the server itself, which comes first in the file; null where there is none to be read. */
export function leafOf(certFile: string): X509Certificate | null {
  const read = readCertificate(certFile);
  return read.ok ? read.leaf : null;
}

/** DNS names of a certificate, without those of other kinds. */
export function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4)] : []));
}

type ReadCertificate =
  | { ok: true; leaf: X509Certificate; chained: boolean }
  | { ok: false; finding: Finding };

function readCertificate(path: string): ReadCertificate {
  const refuse = (found: string, mend: string): ReadCertificate => ({
    ok: false,
    finding: broken(NAME, found, mend),
  });
  const file = readBounded(path);
  if (!file.ok)
    return refuse(`${path}: ${file.why}`, 'Let SMTP_TLS_CERT name a file that this user can read.');
  const blocks = file.text.match(BLOCK) ?? [];
  const [first] = blocks;
  if (first === undefined)
    return refuse(
      file.text.trim() === '' ? `${path} is empty` : `${path} has no certificate in PEM form`,
      'It must begin with -----BEGIN CERTIFICATE-----; with certbot it is fullchain.pem.',
    );
  try {
    return { ok: true, leaf: new X509Certificate(first), chained: blocks.length > 1 };
  } catch (error) {
    return refuse(`${path} can not be read as a certificate: ${wordsOf(error)}`, 'Copy the file anew.');
  }
}

function readKey(path: string): { ok: true; key: KeyObject } | { ok: false; finding: Finding } {
  const refuse = (found: string, mend: string) => ({
    ok: false as const,
    finding: broken(NAME, found, mend),
  });
  const file = readBounded(path);
  if (!file.ok)
    return refuse(`${path}: ${file.why}`, 'Let SMTP_TLS_KEY name a file that this user can read.');
  if (file.text.trim() === '') return refuse(`${path} is empty`, 'Copy the private key anew.');
  try {
    return { ok: true, key: createPrivateKey(file.text) };
  } catch (error) {
    // OpenSSL's words name no part of the key.
    if (/passphrase|BAD_DECRYPT|interrupted or cancelled/i.test(`${codeOf(error)} ${wordsOf(error)}`))
      return refuse(
        `the key in ${path} has a passphrase`,
        'Store it without one, mode 0400: openssl pkey -in … -out …',
      );
    return refuse(
      `${path} has no private key in PEM form`,
      'It must begin with -----BEGIN PRIVATE KEY-----.',
    );
  }
}

/** Never waits, as a named pipe would make it, and never takes more than a certificate can have. */
function readBounded(path: string): { ok: true; text: string } | { ok: false; why: string } {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return { ok: false, why: 'is no plain file' };
      const bytes = Buffer.alloc(MOST_BYTES);
      return { ok: true, text: bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, MOST_BYTES, 0)) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return { ok: false, why: codeOf(error) === 'ENOENT' ? 'there is no such file' : wordsOf(error) };
  }
}

function dates(leaf: X509Certificate, now: number): Finding | null {
  const renew = 'Renew it, and restart the server.';
  const until = leaf.validToDate.getTime();
  if (until < now) return broken(NAME, `expired on ${day(until)} (${described(leaf)})`, renew);
  const from = leaf.validFromDate.getTime();
  if (from > now)
    return broken(
      NAME,
      `is not valid before ${day(from)}`,
      'Look at the clock of this machine, or take the right certificate.',
    );
  const left = Math.floor((until - now) / DAY_MS);
  if (left >= SOON_DAYS) return null;
  const days = left === 1 ? '1 day' : `${left} days`;
  return note(NAME, `expires in ${days}, on ${day(until)} (${described(leaf)})`, renew);
}

function chain(leaf: X509Certificate, chained: boolean, certFile: string): Finding | null {
  if (leaf.ca) return null;
  if (chained || leaf.issuer === leaf.subject) return null;
  return note(
    NAME,
    `${described(leaf)}, without the chain to its authority`,
    `Strict servers will not trust it: put the whole chain into ${certFile} (fullchain.pem of certbot).`,
  );
}

function described(leaf: X509Certificate): string {
  const names = namesOf(leaf);
  const shown =
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  return `for ${names.length === 0 ? 'no name' : shown}, until ${day(leaf.validToDate.getTime())}`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
