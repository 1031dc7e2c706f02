/**
 * Addresses with their type (RFC 3464 section 2.1.2, RFC 6533 section 3), such as `rfc822; bob@example.com`.
 * What is wanted is the address that the mail was sent to, so every reading of the field that gives an
 * address is a candidate; a delivery decides which of them was meant.
 */
import { canonicalAddress } from '@tinyfat/core';
import { withoutComments } from '../mime/comments.ts';
import { printableLine } from './fields.ts';

/** RFC 5321 section 4.5.3.1.3, and room for escapes. */
const MAX_LENGTH = 1000;
/** Of an address that is only shown. */
const SHOWN_LENGTH = 254;

interface TypedAddress {
  /** Lower case. */
  type: string;
  address: string;
}

/**
 * Candidates, best first: Original-Recipient before Final-Recipient before X-Actual-Recipient. Empty where none says
 * anything.
 */
export function recipientAddresses(
  original: string | undefined,
  ...became: (string | undefined)[]
): string[] {
  const asked = original === undefined ? null : typedAddress(original);
  // An Original-Recipient in the address form of another system cannot be what we sent to.
  const given = [
    ...(asked !== null && isMailType(asked.type) ? [asked] : []),
    ...became.filter((one) => one !== undefined).map(typedAddress),
  ];
  const canonical = given.flatMap(readings).flatMap((text) => {
    const address = canonicalAddress(text);
    return address.ok ? [address.address] : [];
  });
  if (canonical.length > 0) return [...new Set(canonical)];
  return given
    .map(({ address }) => printableLine(address, SHOWN_LENGTH))
    .filter((text) => text !== '')
    .slice(0, 1);
}

/** A field without a type is taken for an address of internet mail. */
function typedAddress(value: string): TypedAddress {
  const text = value.slice(0, MAX_LENGTH);
  const end = text.indexOf(';');
  const type = end === -1 ? 'rfc822' : withoutComments(text.slice(0, end)).trim().toLowerCase();
  const written = withoutComments(text.slice(end + 1)).trim();
  // A name may stand before the brackets, as in a header; one bracket alone is cut off.
  const address = /<([^<>]+)>[^<>]*$/.exec(written)?.[1] ?? written.replace(/^<|>$/g, '');
  return { type, address: address.trim() };
}

function isMailType(type: string): boolean {
  return type === 'rfc822' || type === 'utf-8';
}

/**
 * As written, and decoded: some servers leave the encoding of the ORCPT parameter in (RFC 3461 section 4), or put the
 * whole address into quotes.
 */
function readings({ type, address }: TypedAddress): string[] {
  if (type !== 'utf-8') {
    const decoded = address.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => character(hex));
    return [address, decoded, address.replace(/^(["'])(.*)\1$/, '$2')];
  }
  return [address.replace(/\\x\{([0-9A-Fa-f]{2,6})\}/g, (_, hex: string) => character(hex))];
}

/** Nothing for a number that is no character. */
function character(hex: string): string {
  const point = Number.parseInt(hex, 16);
  return point > 0x10ffff ? '' : String.fromCodePoint(point);
}
