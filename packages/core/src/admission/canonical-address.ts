/**
 * The one canonicaliser of addresses: allow-list, routing, replies and outgoing recipients compare canonical addresses only.
 * An address that can be read in two ways is refused: authentication and allow-list could read it differently.
 */
import {
  canonicalDomain,
  isAddressCharacter,
  nameCharacter,
  unicodeFormProblem,
} from './canonical-domain.ts';

/** An address in its one form. */
export interface CanonicalAddress {
  ok: true;
  /** `local@domain`; what is compared and stored. */
  address: string;
  /** Lower case, the plus-tag included. */
  local: string;
  /** ASCII lower case (A-labels). */
  domain: string;
  /** What stands after the first `+` of the local part; null without a name before it, empty for `name+@…`. */
  tag: string | null;
  /** The address without its tag; the same as `address` without one. */
  base: string;
}
/** Why an address is refused; `reason` is a sentence that never repeats the text itself. */
interface AddressRefusal {
  ok: false;
  reason: string;
}

/** RFC 5322 atext and the dot. */
const LOCAL_ASCII = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]$/;
/** RFC 5321 section 4.5.3.1: 64 octets of local part, 256 of path with its angle brackets. */
const MAX_LOCAL_BYTES = 64;
const MAX_ADDRESS_BYTES = 254;

const encoder = new TextEncoder();

/**
 * Gives the one form of a bare address (RFC 5321 Mailbox with a dot-atom local part, RFC 6531 for characters
 * outside ASCII). No display name, comment, quoted local part, group, route, address literal or encoded word.
 * Case is folded in both parts: no provider in use gives `Ann@` and `ann@` to two people.
 */
export function canonicalAddress(text: string): CanonicalAddress | AddressRefusal {
  if (text === '') return refuse('The address is empty.');
  if (text.length > 320) return refuse('The address is longer than 254 characters.');
  if (text.startsWith('"')) return refuse('Quoted local parts are not accepted.');
  const at = text.indexOf('@');
  if (at < 0) return refuse('The address has no @.');
  if (at !== text.lastIndexOf('@')) return refuse('The address has more than one @.');
  const local = canonicalLocal(text.slice(0, at));
  if (!local.ok) return local;
  const domain = canonicalDomain(text.slice(at + 1));
  if (!domain.ok) return domain;
  const address = `${local.local}@${domain.domain}`;
  if (encoder.encode(address).length > MAX_ADDRESS_BYTES) {
    return refuse('The address is longer than 254 characters.');
  }
  const plus = local.local.indexOf('+');
  const tagged = plus > 0 && local.local[plus - 1] !== '.';
  return {
    ok: true,
    address,
    local: local.local,
    domain: domain.domain,
    tag: tagged ? local.local.slice(plus + 1) : null,
    base: tagged ? `${local.local.slice(0, plus)}@${domain.domain}` : address,
  };
}

function canonicalLocal(text: string): { ok: true; local: string } | AddressRefusal {
  if (text === '') return refuse('Nothing stands before the @.');
  for (const character of text) {
    if (!LOCAL_ASCII.test(character) && !isAddressCharacter(character)) {
      return refuse(`The part before the @ has the character ${nameCharacter(character)}.`);
    }
  }
  if (text.startsWith('.') || text.endsWith('.') || text.includes('..')) {
    return refuse('The part before the @ begins or ends with a dot, or has two in a row.');
  }
  if (text.includes('=?') && text.includes('?=')) {
    return refuse('The part before the @ is an encoded word.');
  }
  const form = unicodeFormProblem(text);
  if (form !== null) return refuse(`The part before the @ ${form}.`);
  if (/^\p{M}/u.test(text)) return refuse('The part before the @ begins with a combining mark.');
  const local = text.toLowerCase().normalize('NFC');
  if (encoder.encode(local).length > MAX_LOCAL_BYTES) {
    return refuse('The part before the @ is longer than 64 bytes.');
  }
  return { ok: true, local };
}

function refuse(reason: string): AddressRefusal {
  return { ok: false, reason };
}
