/**
 * Would mail go out through this relay? Connects, agrees on TLS, logs in and says QUIT (RFC 5321, 3207, 4954), as a
 * sending connection does, but no message is begun.
 */
import type { RelayFault } from '@tinyfat/core';
import { describeError } from '@tinyfat/core';
import { type RelayConnectionOptions, relayConnection } from './relay-connection.ts';
import { faultWords, relayFault, withoutLogin } from './relay-fault.ts';

export interface CheckRelayOptions extends RelayConnectionOptions {
  /** Ms for all of it. Default: 5 seconds. */
  withinMs?: number;
}

/** `detail`, `reason` and `fix` are sentences for the operator, without anything secret. */
export type RelayCheck =
  | { ok: true; encrypted: boolean; detail: string }
  | { ok: false; code: RelayFault; reason: string; fix: string };

const MOST_OF_AN_ANSWER = 300;

/** Checks it once. Never rejects; resolves within the time. */
export async function checkRelay(options: CheckRelayOptions): Promise<RelayCheck> {
  const place = new URL(options.url).host;
  try {
    return await tryRelay(options, place);
  } catch (error) {
    const said = withoutLogin(faultWords(error), options.url);
    return broken(relayFault(error) ?? 'relay_unreachable', place, said);
  }
}

async function tryRelay(options: CheckRelayOptions, place: string): Promise<RelayCheck> {
  const { withinMs = 5000 } = options;
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  const { auth, ...settings } = relayConnection(options);
  const connection = new SMTPConnection({
    ...settings,
    connectionTimeout: withinMs,
    greetingTimeout: withinMs,
    socketTimeout: withinMs,
    logger: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<RelayCheck>();
  const fail = (code: string, message: string) => reject(Object.assign(new Error(message), { code }));
  // Stays: what comes of a connection that is given up must find a listener.
  connection.on('error', reject);
  connection.once('end', () => fail('ECONNECTION', 'The relay closed the connection.'));
  const timer = setTimeout(() => fail('ETIMEDOUT', `No end within ${withinMs} ms.`), withinMs);
  connection.connect((fault) => {
    if (fault) return reject(fault);
    const { secure: encrypted } = connection;
    const way = encrypted ? 'over TLS' : 'without TLS';
    if (!auth) return resolve({ ok: true, encrypted, detail: `${place} answers ${way}, without a login.` });
    if (!connection.allowsAuth) return resolve(broken('relay_login_missing', place, ''));
    connection.login(auth, (refused) => {
      if (refused) return reject(refused);
      const risk = encrypted ? '' : ' The password can be read on the way.';
      resolve({ ok: true, encrypted, detail: `${place} took the login ${way}.${risk}` });
    });
  });
  try {
    const result = await promise;
    connection.quit();
    return result;
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

function broken(code: RelayFault, where: string, said: string): RelayCheck {
  const { sentence, nextStep } = describeError(code);
  const words = said.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  const detail = words === '' ? '' : `: ${words.slice(0, MOST_OF_AN_ANSWER)}`;
  return { ok: false, code, reason: `${sentence} (${where}${detail})`, fix: nextStep };
}
