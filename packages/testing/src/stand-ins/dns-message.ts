/** The little of RFC 1035 that a stub server needs: one question in, a few answers out. */

export interface DnsQuestion {
  id: number;
  name: string;
  type: number;
  /** The question section as it came, to be repeated in the answer. */
  section: Buffer;
}

export const recordTypes = { A: 1, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const;
export const responseCodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** One record of class IN. */
export interface DnsRecord {
  owner: string;
  type: number;
  data: Buffer;
}

/** Reads the first question of a query. */
export function readQuestion(query: Buffer): DnsQuestion {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length !== 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  return {
    id: query.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type,
    section: query.subarray(12, at + 5),
  };
}

/** An authoritative answer to a question. */
export function writeAnswer(question: DnsQuestion, code: number, records: readonly DnsRecord[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(question.id, 0);
  head.writeUInt16BE(0x8580 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  const written = records.map(({ owner, type, data }) => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(1, 4);
    fixed.writeUInt16BE(data.length, 8);
    // The asked name is a pointer to the question.
    const name = owner === question.name ? Buffer.from([0xc0, 12]) : nameData(owner);
    return Buffer.concat([name, fixed, data]);
  });
  return Buffer.concat([head, question.section, ...written]);
}

/** A TXT record's data: character strings of at most 255 bytes. */
export function textData(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts);
}

/** A domain name as labels. */
export function nameData(name: string): Buffer {
  const parts = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...parts.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ]);
}

/** An A or AAAA record's data. */
export function addressData(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.concat(
    [...left, ...zeros, ...right].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')),
  );
}
