/** Zip archives (PKWARE APPNOTE 4.3) for tests: also such as no program would make. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  name: string;
  content?: string | Uint8Array;
  /** Of Unix, with the type of the file; absent = an archive of DOS without modes. */
  mode?: number;
  /** What it says of itself, where that is not the truth. */
  claims?: { size?: number; crc?: number };
  /** APPNOTE 4.4.4. */
  flags?: number;
  method?: number;
}

/** The bytes of an archive of these entries, deflated. `count`: how many entries it says that it has. */
export function makeZip(entries: readonly ZipEntry[], count = entries.length): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content = '', mode, claims = {}, flags = 0x800, method = 8 } of entries) {
    const bytes = Buffer.from(content);
    const data = method === 8 ? deflateRawSync(bytes) : bytes;
    const text = Buffer.from(name);
    const facts = Buffer.alloc(22);
    facts.writeUInt16LE(flags, 0);
    facts.writeUInt16LE(method, 2);
    facts.writeUInt32LE(claims.crc ?? crc32(bytes), 8);
    facts.writeUInt32LE(data.length, 12);
    facts.writeUInt32LE(claims.size ?? bytes.length, 16);
    facts.writeUInt16LE(text.length, 20);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04\x14\0', 'latin1'),
      facts,
      Buffer.alloc(2),
      text,
      data,
    ]);
    const central = Buffer.alloc(16);
    central.writeUInt32LE(mode === undefined ? 0 : (mode << 16) >>> 0, 8);
    central.writeUInt32LE(offset, 12);
    const made = Buffer.from([20, mode === undefined ? 0 : 3, 20, 0]);
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), made, facts, central, text);
    parts.push(local);
    offset += local.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, table, end]);
}
