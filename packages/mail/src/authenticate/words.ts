/** Domains and result words in the one form in which evidence holds them. */
import { domainToASCII } from 'node:url';
import type { AuthenticationResult } from '@tinyfat/core';
import { getAlignment } from 'mailauth/lib/tools.js';

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

/** A domain in ASCII lower case without the dot of the root; empty where it is none. */
export function asciiDomain(domain: string): string {
  return domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
}

/** The domain of an address, or of a text that is only a domain; empty where there is none. */
export function domainOf(address: string): string {
  return asciiDomain(address.slice(address.lastIndexOf('@') + 1));
}

/** Relaxed alignment (RFC 9989 section 3.2.10.1) by the Public Suffix List, for want of a DMARC record. */
export function isAligned(fromDomain: string, domain: string): boolean {
  return getAlignment(fromDomain, [domain]) !== false;
}
