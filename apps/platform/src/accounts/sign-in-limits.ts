/** How often: mails are limited by address and by client, so that nobody locks others out or floods them. */
import type { AttemptLimit } from '@tinyfat/database';

const HOUR_MS = 3_600_000;

/** How long a link and its code work. */
export const REQUEST_MS = 10 * 60_000;
/** Codes for one request; the last wrong one ends it. */
export const MOST_TRIES = 5;

/**
 * Mails to one address, from one client network or from all together, and mails that one network has sent to anybody.
 * Five from one network leave others the chance to ask for the same address.
 */
export function mailLimits(address: string, network: string): AttemptLimit[] {
  const windowMs = HOUR_MS;
  return [
    { kind: 'mail_address_network', subject: `${address} ${network}`, most: 5, windowMs },
    { kind: 'mail_address', subject: address, most: 15, windowMs },
    { kind: 'mail_network', subject: network, most: 20, windowMs },
  ];
}

/** Codes tried. Twenty a day for one address: whoever guesses needs 95 years for an even chance; links still work. */
export function codeLimits(address: string, network: string): AttemptLimit[] {
  return [
    { kind: 'code_address', subject: address, most: 20, windowMs: 24 * HOUR_MS },
    { kind: 'code_network', subject: network, most: 20, windowMs: HOUR_MS },
  ];
}
