/** Recipients as an agent writes them: `a@b`, `Name <a@b>`, or an object with `address` and `name`. */
import { canonicalAddress } from '../admission/canonical-address.ts';

/** A recipient: canonical address, and a display name on one line, empty for none. */
export interface Mailbox {
  address: string;
  name: string;
}

const MAX_NAME_LENGTH = 200;
/** Line breaks make headers; bidirectional and other invisible controls make one name look like another. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;

/** Whether a text may stand in a header line as it is. */
export function isHeaderSafe(text: string): boolean {
  return !UNSAFE.test(text) && text.isWellFormed();
}

/** Reads one recipient; `reason` goes on after the name of the key that it stands in. */
export function parseMailbox(value: unknown): { ok: true; mailbox: Mailbox } | { ok: false; reason: string } {
  const { address, name } = split(value);
  if (address === null) {
    return {
      ok: false,
      reason: ' is not an address. Write "name@example.com" or "Name <name@example.com>".',
    };
  }
  if (!isHeaderSafe(name) || name.length > MAX_NAME_LENGTH || /[<>]/.test(name) || /=\?.*\?=/.test(name)) {
    return {
      ok: false,
      reason:
        ' has a display name with control characters, angle brackets or encoded words, or one that is too long. Leave the name out.',
    };
  }
  const canonical = canonicalAddress(address);
  if (!canonical.ok) return { ok: false, reason: ` is not an address that can be used. ${canonical.reason}` };
  return { ok: true, mailbox: { address: canonical.address, name } };
}

function split(value: unknown): { address: string | null; name: string } {
  if (typeof value === 'string') return splitText(value.trim());
  if (typeof value !== 'object' || value === null || !('address' in value))
    return { address: null, name: '' };
  const name = 'name' in value && typeof value.name === 'string' ? value.name.trim() : '';
  return { address: typeof value.address === 'string' ? value.address.trim() : null, name };
}

function splitText(text: string): { address: string; name: string } {
  const open = text.lastIndexOf('<');
  if (open < 0 || !text.endsWith('>')) return { address: text, name: '' };
  return { address: text.slice(open + 1, -1).trim(), name: unquote(text.slice(0, open).trim()) };
}

function unquote(name: string): string {
  if (name.length < 2 || !name.startsWith('"') || !name.endsWith('"')) return name;
  return name.slice(1, -1).replace(/\\(.)/gs, '$1').trim();
}
