/**
 * Which fault of the relay itself an error of nodemailer shows: one that keeps every mail from leaving, whatever is in
 * it. nodemailer puts its own kind of trouble into `code`; what the system or OpenSSL said stays in `originalCode`.
 */
import type { RelayFault } from '@tinyfat/core';
import { numberField, textField } from '../../providers/provider-answer.ts';

const SYSTEM: Readonly<Record<string, RelayFault>> = {
  ECONNREFUSED: 'relay_refused',
  ETIMEDOUT: 'relay_timeout',
  CERT_HAS_EXPIRED: 'relay_certificate_dates',
  CERT_NOT_YET_VALID: 'relay_certificate_dates',
  ERR_TLS_CERT_ALTNAME_INVALID: 'relay_certificate_name',
};
/** X509_V_ERR_… of OpenSSL: no way from the certificate to an authority that is trusted. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_.*|CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE|CHAIN_TOO_LONG|REVOKED)|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED)$/;
/** Replies to MAIL FROM and later that ask for a login first (RFC 4954 section 6). */
const LOGIN_NEEDED = [530, 538];

/** The fault, or null where the relay talked about the message only, or the error tells nothing. */
export function relayFault(error: unknown): RelayFault | null {
  const kind = textField(error, 'code');
  const system = textField(error, 'originalCode');
  const command = textField(error, 'command');
  const reply = numberField(error, 'responseCode');
  const known = SYSTEM[system] ?? SYSTEM[kind];
  if (known !== undefined) return known;
  if (UNTRUSTED.test(system)) return 'relay_certificate_untrusted';
  if (kind === 'EDNS') return 'relay_name_unknown';
  if (kind === 'EAUTH' || command.startsWith('AUTH')) return 'relay_login_refused';
  if (command === 'STARTTLS' && reply > 0) return 'relay_starttls_missing';
  if (kind === 'ETLS' || system === 'EPROTO' || system.startsWith('ERR_SSL_')) return 'relay_tls_failed';
  if (LOGIN_NEEDED.includes(reply)) return 'relay_login_needed';
  if (reply > 0 && (command === 'CONN' || command === 'EHLO' || command === 'HELO')) return 'relay_not_ready';
  if (kind === 'EPROTOCOL') return 'relay_not_ready';
  if (reply === 0 && (kind === 'ECONNECTION' || kind === 'ESOCKET')) return 'relay_unreachable';
  return null;
}

/** What an error says, without the advice that Node adds, which is not how this server is set up. */
export function faultWords(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.replace(/; if the root CA is installed locally.*$/, '');
}

/** A server can repeat what it was sent; the login of the URL is struck out, in the forms in which it travels. */
export function withoutLogin(text: string, url: string): string {
  const { username, password } = new URL(url);
  const [user, secret] = [decode(username), decode(password)];
  const base64 = (clear: string) => Buffer.from(clear, 'utf8').toString('base64');
  const forms = [secret, password, base64(secret), base64(`\0${user}\0${secret}`)];
  let struck = text;
  // A shorter one stands in half of all words: struck out everywhere, it would be read from the gaps.
  for (const form of secret.length < 4 ? [] : forms) struck = struck.replaceAll(form, '(password)');
  return struck;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
