/** Zip files for tests (PKWARE APPNOTE 4.3), and messages that carry files. */
import { crc32, deflateRawSync } from 'node:zlib';
import { message } from './messages.ts';

export interface ZipEntry {
  name: string;
  content?: string | Uint8Array;
  /** As it is, instead of deflated. */
  stored?: boolean;
  encrypted?: boolean;
}

/** A zip file with its directory; by default entries hold their own name. */
export function zip(...entries: (string | ZipEntry)[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries.map((one) => (typeof one === 'string' ? { name: one } : one))) {
    const content = Buffer.from(entry.content ?? entry.name);
    const body = entry.stored ? content : deflateRawSync(content);
    const name = Buffer.from(entry.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(entry.encrypted ? 1 : 0, 2);
    fields.writeUInt16LE(entry.stored ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(body.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const file = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, rest, name);
    files.push(file);
    offset += file.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, table, end]);
}

export interface TestPart {
  /** Header lines of the part. */
  headers: string[];
  content: string | Uint8Array;
}

/** A multipart message; contents go in base64. */
export function multipartMessage(type: string, parts: TestPart[]): Buffer {
  // Many parts of a bomb are the same one.
  const encoded = new Map<string | Uint8Array, string>();
  for (const { content } of parts) {
    if (encoded.has(content)) continue;
    const base64 = Buffer.from(content).toString('base64');
    encoded.set(content, base64.replace(/.{76}(?=.)/g, '$&\r\n'));
  }
  const lines = parts.flatMap(({ headers, content }) => [
    '--b',
    ...headers,
    'Content-Transfer-Encoding: base64',
    '',
    encoded.get(content) ?? '',
  ]);
  return message(
    [
      'From: ann@example.com',
      'Subject: Re: x',
      'MIME-Version: 1.0',
      `Content-Type: multipart/${type}; boundary=b`,
    ],
    [...lines, '--b--'].join('\r\n'),
  );
}
