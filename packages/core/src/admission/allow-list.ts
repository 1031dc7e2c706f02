/**
 * Who may write to an agent. Entries are compared with canonical addresses only; a domain entry matches whole
 * labels, never a suffix of the text, so `@corp.com` is not `@evilcorp.com` and not `@corp.com.evil.test`.
 */
import { type CanonicalAddress, canonicalAddress } from './canonical-address.ts';
import { canonicalDomain } from './canonical-domain.ts';
import { imitations } from './imitation.ts';
import { lookAlikeWarning } from './look-alike.ts';

/**
 * One entry. `text` is its one spelling, which is what is stored.
 * `address`: this address, and its plus-tags. `domain`: every address at it. `subdomains`: every address at
 * a strict sub-domain, the domain itself not included.
 */
export type AllowEntry =
  | { kind: 'address'; address: string; text: string }
  | { kind: 'domain'; domain: string; text: string }
  | { kind: 'subdomains'; domain: string; text: string };

/** A parsed entry; `warning` is a sentence for the person who adds it, or null. */
type ParsedAllowEntry =
  | { ok: true; entry: AllowEntry; warning: string | null }
  | { ok: false; reason: string };

const PUBLIC_MAILBOXES = new Set([
  ...['aol.com', 'gmail.com', 'gmx.de', 'gmx.net', 'googlemail.com', 'hotmail.com', 'icloud.com'],
  ...['live.com', 'mail.ru', 'outlook.com', 'proton.me', 'protonmail.com', 'qq.com', 'web.de', 'yahoo.com'],
  ...['yandex.ru'],
]);

const likePublic = imitations(PUBLIC_MAILBOXES);

/** Reads `name@example.com`, `@example.com` or `@*.example.com`; white space around it is dropped. */
export function parseAllowEntry(text: string): ParsedAllowEntry {
  const entry = parse(text.trim());
  if ('reason' in entry) return { ok: false, reason: entry.reason };
  return { ok: true, entry, warning: entryWarning(entry) };
}

/** The entry that lets a canonical sender in, or null. An exact entry is preferred to a domain's. */
export function matchAllowList(entries: readonly AllowEntry[], sender: CanonicalAddress): AllowEntry | null {
  const exact = entries.find((entry) => entry.kind === 'address' && matches(entry, sender));
  return exact ?? entries.find((entry) => matches(entry, sender)) ?? null;
}

function parse(text: string): AllowEntry | { reason: string } {
  if (text.startsWith('@')) {
    const subdomains = text.startsWith('@*.');
    const parsed = canonicalDomain(text.slice(subdomains ? 3 : 1));
    if (!parsed.ok) return { reason: explain(parsed.reason) };
    const { domain } = parsed;
    return subdomains
      ? { kind: 'subdomains', domain, text: `@*.${domain}` }
      : { kind: 'domain', domain, text: `@${domain}` };
  }
  const parsed = canonicalAddress(text);
  if (!parsed.ok) return { reason: explain(parsed.reason) };
  if (parsed.local.includes('*')) return { reason: explain('A * may only stand in "@*.".') };
  return { kind: 'address', address: parsed.address, text: parsed.address };
}

function matches(entry: AllowEntry, sender: CanonicalAddress): boolean {
  switch (entry.kind) {
    case 'address':
      return entry.address === sender.address || entry.address === sender.base;
    case 'domain':
      return entry.domain === sender.domain && !isRouted(sender.local);
    case 'subdomains':
      return isStrictSubdomain(sender.domain, entry.domain) && !isRouted(sender.local);
  }
}

/** `user%other.test@relay` and `other.test!user@relay` name a mailbox elsewhere, which no domain entry matches. */
function isRouted(local: string): boolean {
  return local.includes('%') || local.includes('!');
}

function isStrictSubdomain(domain: string, parent: string): boolean {
  const labels = domain.split('.');
  const parentLabels = parent.split('.');
  if (labels.length <= parentLabels.length) return false;
  return labels.slice(-parentLabels.length).join('.') === parent;
}

function entryWarning(entry: AllowEntry): string | null {
  if (entry.kind === 'domain' && PUBLIC_MAILBOXES.has(entry.domain)) {
    return `${entry.text} lets in everybody who has a mailbox at ${entry.domain}, which anyone can get.`;
  }
  return (
    lookAlikeWarning(entry.kind === 'address' ? entry.address : entry.domain) ??
    likePublic(entryDomain(entry))
  );
}

/** The domain that an entry lets somebody of in. */
export function entryDomain(entry: AllowEntry): string {
  return entry.kind === 'address' ? entry.address.slice(entry.address.lastIndexOf('@') + 1) : entry.domain;
}

function explain(reason: string): string {
  return `${reason} Write name@example.com, @example.com for a whole domain, or @*.example.com for its sub-domains.`;
}
