/**
 * Certificate and key of the SMTP listener, looked at before they are used: the TLS library takes what is missing from
 * somewhere else, and tells what is wrong in words of its own. Also the authorities that SMTP_TLS_CA names. No sentence
 * repeats anything of a key.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { describeError, type ErrorCode, errorCode } from '@tinyfat/core';

/** Where the pair lies. */
export interface TlsFiles {
  keyFile: string;
  certFile: string;
}

/** What is wrong, or should be better: sentences for the operator. */
interface TlsProblem {
  code: Extract<ErrorCode, `tls_${string}`>;
  reason: string;
  fix: string;
}

/** A pair that works, as PEM. Host names of the certificate; dates in epoch ms. `warnings` keep nobody from using it. */
export interface TlsPair {
  key: string;
  cert: string;
  names: string[];
  validFrom: number;
  validUntil: number;
  warnings: TlsProblem[];
}

export type LoadedTls = ({ ok: true } & TlsPair) | ({ ok: false } & TlsProblem);

/** Certificates in PEM form, or why there are none. */
type LoadedAuthorities = { ok: true; pem: string } | ({ ok: false } & TlsProblem);

/** A chain has a few kB, the list of all authorities of a system 250. */
const MOST_BYTES = 1024 * 1024;
const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/** Reads and checks the pair. Never throws. `now` is epoch ms. */
export function loadTlsFiles({ keyFile, certFile }: TlsFiles, now: number): LoadedTls {
  const keyText = readText('SMTP_TLS_KEY', keyFile);
  if (!keyText.ok) return keyText;
  const certText = readText('SMTP_TLS_CERT', certFile);
  if (!certText.ok) return certText;
  const key = parseKey(keyFile, keyText.text);
  if (!key.ok) return key;
  const certificates = parseCertificates('SMTP_TLS_CERT', certFile, certText.text);
  if (!certificates.ok) return certificates;
  const [own, ...chain] = certificates.list;
  if (!own.checkPrivateKey(key.key)) {
    const isBehind = chain.some((one) => one.checkPrivateKey(key.key));
    const detail = isBehind ? 'the certificate that fits the key is not the first' : keyFile;
    return failed('tls_key_mismatch', 'SMTP_TLS_CERT', `${certFile}; ${detail}`);
  }
  const pair = { key: keyText.text, cert: certText.text };
  try {
    createSecureContext(pair);
  } catch (error) {
    return failed('tls_unusable', 'SMTP_TLS_CERT', `${certFile}: ${wordOf(error)}`);
  }
  const validFrom = own.validFromDate.getTime();
  const validUntil = own.validToDate.getTime();
  const warnings: TlsProblem[] = [];
  if (now < validFrom || now > validUntil) {
    const dates = [own.validFromDate, own.validToDate].map((date) => date.toISOString().slice(0, 10));
    warnings.push(problem('tls_certificate_dates', 'SMTP_TLS_CERT', `${certFile}: ${dates.join(' to ')}`));
  }
  if (keyText.isPublic) warnings.push(problem('tls_key_exposed', 'SMTP_TLS_KEY', keyFile));
  return { ok: true, ...pair, names: namesOf(own), validFrom, validUntil, warnings };
}

/** Reads the authorities in the file of a variable. Never throws. */
export function loadAuthorities(variable: string, file: string): LoadedAuthorities {
  const text = readText(variable, file);
  if (!text.ok) return text;
  const certificates = parseCertificates(variable, file, text.text);
  if (!certificates.ok) return certificates;
  return { ok: true, pem: certificates.list.map((one) => one.toString()).join('') };
}

type Failed = { ok: false } & TlsProblem;

function readText(variable: string, file: string): { ok: true; text: string; isPublic: boolean } | Failed {
  try {
    const found = statSync(file);
    // A pipe or a device would have no end.
    if (!found.isFile()) return failed('tls_file_unreadable', variable, `${file} is no plain file`);
    if (found.size > MOST_BYTES) return failed('tls_not_pem', variable, `${file} has ${found.size} bytes`);
    const text = readFileSync(file, 'latin1');
    if (text.trim() === '') return failed('tls_not_pem', variable, `${file} is empty`);
    return { ok: true, text, isPublic: (found.mode & 0o004) !== 0 };
  } catch (error) {
    return failed('tls_file_unreadable', variable, `${file}: ${wordOf(error)}`);
  }
}

function parseKey(file: string, text: string): { ok: true; key: KeyObject } | Failed {
  if (ENCRYPTED.test(text)) return failed('tls_key_encrypted', 'SMTP_TLS_KEY', file);
  try {
    return { ok: true, key: createPrivateKey(text) };
  } catch {
    const isSwapped = text.includes('BEGIN CERTIFICATE');
    const detail = isSwapped ? `${file} holds a certificate` : `${file} holds no private key`;
    return failed('tls_not_pem', 'SMTP_TLS_KEY', detail);
  }
}

function parseCertificates(
  variable: string,
  file: string,
  text: string,
): { ok: true; list: [X509Certificate, ...X509Certificate[]] } | Failed {
  try {
    const [first, ...others] = (text.match(CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    if (first) return { ok: true, list: [first, ...others] };
  } catch {
    return failed('tls_not_pem', variable, `${file} holds a certificate that is broken`);
  }
  const isSwapped = text.includes('PRIVATE KEY-----');
  return failed('tls_not_pem', variable, `${file} holds ${isSwapped ? 'a private key' : 'no certificate'}`);
}

/** Host names and addresses; the common name where there are none (RFC 6125 section 6.4.4). */
function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const names = [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(
    ([, name = '']) => name,
  );
  if (names.length > 0) return names;
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  return common === undefined ? [] : [common];
}

function wordOf(error: unknown): string {
  return errorCode(error) || (error instanceof Error ? error.message : String(error));
}

function failed(...what: Parameters<typeof problem>): Failed {
  return { ok: false, ...problem(...what) };
}

function problem(code: TlsProblem['code'], variable: string, detail: string): TlsProblem {
  const { sentence, nextStep } = describeError(code);
  return { code, reason: `${sentence} (${variable}, ${detail})`, fix: nextStep };
}
