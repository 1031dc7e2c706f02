/** Domains and result words in the one form in which evidence holds them. */
import { type AuthenticationResult, ldhDomain } from '@tinyfat/core';
import { getDomain } from 'tldts';

const results: readonly AuthenticationResult[] = [
  'none',
  'neutral',
  'pass',
  'fail',
  'softfail',
  'policy',
  'temperror',
  'permerror',
];

/** A result word of RFC 8601; what is none becomes `permerror`, which passes nothing. */
export function resultWord(word: string): AuthenticationResult {
  return results.find((known) => known === word) ?? (word === 'temperr' ? 'temperror' : 'permerror');
}

/**
 * The domain of an address `local@domain`, of `@domain` or of a text that is only a domain; empty where the domain is
 * no sequence of LDH labels, or what stands before it could be read as another address.
 */
export function domainOf(text: string): string {
  const parts = /^(?:[^\s@"<>(),:;\\[\]]*@)?([A-Za-z0-9.-]+)$/.exec(text);
  return ldhDomain(parts?.[1] ?? '') ?? '';
}

/** Relaxed alignment (RFC 9989 section 3.2.10.1) by the Public Suffix List, for want of a DMARC record. */
export function isAligned(fromDomain: string, domain: string): boolean {
  return sharesOrganization(fromDomain, domain, { allowPrivateDomains: true });
}

/**
 * Whether two domains stand below one registered name. Every aligned pair does, also where a DMARC record makes one
 * organization of what the private part of the Public Suffix List keeps apart.
 */
export function isRelated(fromDomain: string, domain: string): boolean {
  return sharesOrganization(fromDomain, domain, { allowPrivateDomains: false });
}

/** Compares LDH names only, so that the list is asked about labels and never about a URL. */
function sharesOrganization(one: string, other: string, list: { allowPrivateDomains: boolean }): boolean {
  const names = [ldhDomain(one), ldhDomain(other)];
  if (names.includes(null)) return false;
  const [first, second] = names.map((name) => {
    const text = name ?? '';
    return getDomain(text, { ...list, extractHostname: false, validateHostname: false }) ?? text;
  });
  return first === second;
}
