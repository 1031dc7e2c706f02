/** How often: mails are limited by address and by client, so that nobody locks others out or floods them. */
import type { AttemptLimit } from '@tinyfat/database';

const HOUR_MS = 3_600_000;

/** How long a link and its code work. */
export const REQUEST_MS = 10 * 60_000;
/** Codes for one request; the last wrong one ends it. */
export const MOST_TRIES = 5;

/** Whom a client counts for: by itself, and where only one address is concerned. For IPv6 a /64, and the /48 around it. */
export interface ClientNetworks {
  network: string;
  site: string;
}

/**
 * Mails to one address, from one site or from all together, and mails that one network has sent to anybody. Five from
 * one site leave others the chance to ask for the same address.
 */
export function mailLimits(address: string, { network, site }: ClientNetworks): AttemptLimit[] {
  const windowMs = HOUR_MS;
  return [
    { kind: 'mail_address_network', subject: `${address} ${site}`, most: 5, windowMs },
    { kind: 'mail_address', subject: address, most: 15, windowMs },
    { kind: 'mail_network', subject: network, most: 20, windowMs },
  ];
}

/** Ways to the OpenID provider that one network begins: each is a row, and a question to the provider. */
export function oidcLimits({ network }: ClientNetworks): AttemptLimit[] {
  return [{ kind: 'oidc_network', subject: network, most: 60, windowMs: HOUR_MS }];
}

/**
 * Wrong codes. One site's are counted by themselves, so that a stranger uses up no other's.
 *
 * All sites together have 100 a day for one address, which is what guessing is bounded by: a code has six digits, is
 * taken in the browser alone that asked for it, and five tries end its request. 100 in 1,000,000 a day are an even chance
 * after 19 years (ln 2 × 1,000,000 / 100 days) of 20 mails a day that the owner did not ask for; for 1 in 100 it takes 100
 * days. To keep an owner's codes out for a day takes five sites, and that many mails; links go on working.
 */
export function codeLimits(address: string, { network, site }: ClientNetworks): AttemptLimit[] {
  return [
    { kind: 'code_address_network', subject: `${address} ${site}`, most: 20, windowMs: 24 * HOUR_MS },
    { kind: 'code_address', subject: address, most: 100, windowMs: 24 * HOUR_MS },
    { kind: 'code_network', subject: network, most: 20, windowMs: HOUR_MS },
  ];
}
