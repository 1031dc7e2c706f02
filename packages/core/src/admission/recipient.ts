/** The agent that an envelope recipient names. The To header routes nothing: an agent in Bcc gets its mail too. */
import { canonicalAddress } from './canonical-address.ts';
import { canonicalDomain } from './canonical-domain.ts';

/** The agent that a recipient names, or why it names none (codes of the one list in errors/). */
export type AgentRecipient =
  | { ok: true; agent: string; tag: string | null }
  | {
      ok: false;
      code: 'bad_recipient' | 'not_our_domain' | 'reserved_recipient' | 'unknown_recipient';
      reason: string;
    };

/** A name for an agent in its one spelling, or a sentence that says what is wrong with it. */
type AgentName = { ok: true; name: string } | { ok: false; reason: string };

/**
 * Names that mean somebody in particular (RFC 2142, RFC 5321 section 4.5.1). The administrative ones also
 * prove control over a domain to certificate authorities (CA/Browser Forum BR 3.2.2.4.4): an agent that
 * reads such mail could be talked into giving away a certificate.
 */
const RESERVED_NAMES = new Set([
  ...['abuse', 'admin', 'administrator', 'bounce', 'bounces', 'daemon', 'hostmaster', 'mailer-daemon'],
  ...['no-reply', 'nobody', 'noc', 'noreply', 'postmaster', 'root', 'security', 'ssladmin'],
  ...['ssladministrator', 'sslwebmaster', 'sysadmin', 'webmaster'],
]);

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** Whether a local part (lower case, without tag) is one that no agent may have. */
export function isReservedName(name: string): boolean {
  return RESERVED_NAMES.has(name);
}

/** Checks the name of a new agent: 1–64 of `a-z 0-9 . _ -`, a letter or digit at both ends, not reserved. */
export function agentName(text: string): AgentName {
  const name = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (!NAME.test(name) || name.includes('..')) {
    return {
      ok: false,
      reason:
        'An agent name has 1 to 64 of the characters a-z, 0-9, dot, hyphen and underscore, begins and ends with a letter or digit, and has no two dots in a row.',
    };
  }
  if (isReservedName(name)) {
    return { ok: false, reason: `The name ${name} is reserved for the people who run the domain.` };
  }
  return { ok: true, name };
}

/**
 * Reads an envelope recipient (RCPT TO, without angle brackets) at the given mail domain. `agent+tag@` is
 * `agent` with that tag. Whether an agent of that name exists is the caller's question.
 */
export function agentRecipient(recipient: string, mailDomain: string): AgentRecipient {
  if (recipient.toLowerCase() === 'postmaster') return reserved('postmaster');
  const address = canonicalAddress(recipient);
  if (!address.ok) return { ok: false, code: 'bad_recipient', reason: address.reason };
  const ours = canonicalDomain(mailDomain);
  if (!ours.ok || ours.domain !== address.domain) {
    return { ok: false, code: 'not_our_domain', reason: `Mail for ${address.domain} is not taken here.` };
  }
  const local = address.base.slice(0, address.base.lastIndexOf('@'));
  if (isReservedName(local)) return reserved(local);
  if (!agentName(local).ok) {
    return { ok: false, code: 'unknown_recipient', reason: 'No agent can have this address.' };
  }
  return { ok: true, agent: local, tag: address.tag };
}

function reserved(name: string): AgentRecipient {
  return { ok: false, code: 'reserved_recipient', reason: `${name} is a reserved address, not an agent.` };
}
