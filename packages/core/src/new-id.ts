/** The one id maker: UUIDv7 (RFC 9562 section 5.7), so that ids sort by the time of their making. */
import type { Clock } from './ports.ts';

/** A fresh id; `randomBytes` must be cryptographically strong. */
export function newId(clock: Clock, randomBytes: (count: number) => Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(randomBytes(16));
  new DataView(bytes.buffer).setUint16(0, Math.floor(clock() / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, clock() % 2 ** 32);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
