/** Addresses as the APIs of providers take them. */
import type { ProviderMailbox } from './provider-message.ts';

/**
 * `Name <address>`, with the name in quotes where it needs them. Characters that could end the name for a careless
 * reader, and begin another address, are left out of it: many names come from mail of strangers.
 */
export function mailboxText({ address, name }: ProviderMailbox): string {
  const plain = name
    .replace(/["\\<>@]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (plain === '') return address;
  return /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u.test(plain)
    ? `${plain} <${address}>`
    : `"${plain}" <${address}>`;
}
