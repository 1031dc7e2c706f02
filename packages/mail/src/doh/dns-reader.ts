/**
 * Reads the pieces of a DNS message (RFC 1035 section 4) from front to back. Whatever is not as it must be throws
 * `MalformedMessage`. Invariants: nothing beyond the end is read; a pointer of a compressed name leads backwards only, so
 * that names end; and no name is longer than 255 bytes.
 */

export class MalformedMessage extends Error {}

/** A message that is read, and where. */
export interface DnsReader {
  /** Where the next piece begins. */
  at(): number;
  skipTo(at: number): void;
  byte(): number;
  /** 16 bits. */
  short(): number;
  /** 32 bits; nobody looks at what they say. */
  skipLong(): void;
  bytes(count: number): Uint8Array;
  /** Labels, as Latin-1; none for the root. */
  name(): string[];
}

/** Two bits that begin a pointer to an earlier name. */
const POINTER = 0xc0;
const MAX_NAME_BYTES = 255;

export function dnsReader(message: Uint8Array): DnsReader {
  let at = 0;

  function byte(): number {
    const value = message[at];
    if (value === undefined) throw new MalformedMessage('it ends too early');
    at += 1;
    return value;
  }
  const short = () => byte() * 256 + byte();

  function bytes(count: number): Uint8Array {
    if (at + count > message.length) throw new MalformedMessage('it ends too early');
    at += count;
    return message.subarray(at - count, at);
  }

  function name(): string[] {
    const labels: string[] = [];
    let length = 1;
    /** Behind the first pointer; where there is none, behind the name. */
    let end: number | null = null;
    let earliest = at;
    for (let count = byte(); count !== 0; count = byte()) {
      if (count >= POINTER) {
        const target = (count - POINTER) * 256 + byte();
        end ??= at;
        if (target >= earliest) throw new MalformedMessage('a compressed name leads forwards');
        earliest = target;
        at = target;
        continue;
      }
      if (count > 63) throw new MalformedMessage('a label is of no known kind');
      length += count + 1;
      if (length > MAX_NAME_BYTES) throw new MalformedMessage('a name is too long');
      labels.push(latin1(bytes(count)));
    }
    at = end ?? at;
    return labels;
  }

  return {
    at: () => at,
    skipTo(target) {
      at = target;
    },
    byte,
    short,
    skipLong: () => void bytes(4),
    bytes,
    name,
  };
}

/** One character a byte, as node:dns gives texts. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
