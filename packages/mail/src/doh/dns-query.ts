/** Questions in the wire format of the DNS (RFC 1035 section 4). */

/** Types of records that sender authentication asks for, by their numbers (RFC 1035 section 3.2.2, RFC 3596). */
export const recordTypes = { A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const;
export type RecordType = keyof typeof recordTypes;

/** The class of all of them (RFC 1035 section 3.2.4). */
export const CLASS_IN = 1;

/** A name on the wire, with the lengths of its labels (RFC 1035 section 2.3.4). */
const MAX_NAME_BYTES = 255;
/**
 * LDH, underscore, and the two others that node:dns sends too: so the macros of SPF (RFC 7208 section 7.3) lead to the
 * same names, and to the same refusals, with both resolvers.
 */
const LABEL = /^[A-Za-z0-9_*/-]{1,63}$/;

export function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(recordTypes, type);
}

/** The labels of a name; null for a name that can't be asked for. A dot at its end is nothing. */
export function labelsOf(name: string): string[] | null {
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  const bytes = labels.reduce((sum, label) => sum + label.length + 1, 1);
  return bytes <= MAX_NAME_BYTES && labels.every((label) => LABEL.test(label)) ? labels : null;
}

/**
 * One recursive question, with the id 0, as is wanted over HTTP (RFC 8484 section 4.1), and without EDNS: an answer over
 * HTTP is not limited to 512 bytes.
 */
export function writeQuery(labels: readonly string[], type: RecordType): Uint8Array<ArrayBuffer> {
  const head = [0, 0, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const name = labels.flatMap((label) => [label.length, ...bytesOf(label)]);
  return Uint8Array.from([...head, ...name, 0, 0, recordTypes[type], 0, CLASS_IN]);
}

function bytesOf(label: string): number[] {
  return Array.from(label, (letter) => letter.charCodeAt(0));
}
