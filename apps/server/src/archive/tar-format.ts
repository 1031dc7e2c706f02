/**
 * The blocks of a tar archive (POSIX.1-2017, pax, "pax Interchange Format"), as far as this program writes them: files,
 * folders and symbolic links, with pax records for names and sizes that the old header has no room for. Reading is
 * strict: an archive with anything else in it was not written by this program.
 */

/** Bytes of a header, and what contents are padded to. */
export const BLOCK = 512;
/** The oldest field of a size has eleven octal digits. */
const MOST_OLD_SIZE = 8 ** 11 - 1;
const NAME_BYTES = 100;
/** Of the pax records of one entry: two names of a path's length. */
export const MAX_RECORDS_BYTES = 16 * 1024;

/** Types of entries that are read, by their letter. */
const TYPES = { '0': 'file', '5': 'folder', '2': 'link', x: 'records' } as const;
type HeaderType = (typeof TYPES)[keyof typeof TYPES];

/** One header. `mtime` is whole seconds. */
export interface TarHeader {
  type: HeaderType;
  path: string;
  size: number;
  mode: number;
  mtime: number;
  target: string;
}

/** The archive can't be used; `message` is a sentence. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
}

/** The blocks of a header: one, or three and more where it needs pax records. */
export function headerBlocks(header: TarHeader): Buffer {
  const needed: Record<string, string> = {};
  if (!fits(header.path)) needed.path = header.path;
  if (!fits(header.target)) needed.linkpath = header.target;
  if (header.size > MOST_OLD_SIZE) needed.size = String(header.size);
  if (Object.keys(needed).length === 0) return headerBlock(header);
  const records = Buffer.concat(Object.entries(needed).map(([key, value]) => record(key, value)));
  if (records.length > MAX_RECORDS_BYTES) throw new Error('a path longer than any file system has');
  const before = { ...header, type: 'records' as const, path: 'PaxHeader', size: records.length, target: '' };
  const short = {
    ...header,
    path: fits(header.path) ? header.path : 'see-pax-header',
    target: fits(header.target) ? header.target : 'see-pax-header',
    size: Math.min(header.size, MOST_OLD_SIZE),
  };
  return Buffer.concat([headerBlock(before), padded(records), headerBlock(short)]);
}

/** The header in a block; null for a block of zeros, which ends an archive. Throws an ArchiveError. */
export function readHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  if (block.toString('latin1', 257, 263) !== 'ustar\0') throw damaged('a header is none');
  if (checksum(block) !== octal(block, 148, 8)) throw damaged('a header has another checksum');
  const letter = block.toString('latin1', 156, 157);
  const type = Object.hasOwn(TYPES, letter) ? TYPES[letter as keyof typeof TYPES] : null;
  if (type === null || block.subarray(345, 500).some((byte) => byte !== 0)) {
    throw new ArchiveError(
      'The archive holds something that tinyfat did not write. Use the file as tinyfat wrote it, not one that was packed anew.',
    );
  }
  return {
    type,
    path: text(block, 0, NAME_BYTES),
    size: octal(block, 124, 12),
    mode: octal(block, 100, 8),
    mtime: octal(block, 136, 12),
    target: text(block, 157, NAME_BYTES),
  };
}

/** The header with what pax records say in its place. Throws an ArchiveError. */
export function withRecords(header: TarHeader, records: Buffer): TarHeader {
  const changed = { ...header };
  for (let at = 0; at < records.length; ) {
    const blank = records.indexOf(0x20, at);
    const length = blank === -1 ? Number.NaN : Number(records.toString('latin1', at, blank));
    const end = at + length;
    if (!Number.isSafeInteger(length) || end <= blank || end > records.length || records[end - 1] !== 0x0a) {
      throw damaged('a record of a name is none');
    }
    const [key = '', ...rest] = utf8(records.subarray(blank + 1, end - 1)).split('=');
    const value = rest.join('=');
    if (key === 'path') changed.path = value;
    else if (key === 'linkpath') changed.target = value;
    else if (key === 'size' && /^\d{1,15}$/.test(value)) changed.size = Number(value);
    else throw damaged('a record of an entry is not known');
    at = end;
  }
  return changed;
}

/** That the archive is not as it was written; `why` goes on after a bracket. */
export function damaged(why: string): ArchiveError {
  return new ArchiveError(`The archive is damaged or cut off (${why}).`);
}

function headerBlock({ type, path, size, mode, mtime, target }: TarHeader): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (value: string, at: number) => block.write(value, at, 'latin1');
  put(path, 0);
  put(octalText(mode, 7), 100);
  put(octalText(0, 7), 108);
  put(octalText(0, 7), 116);
  put(octalText(size, 11), 124);
  put(octalText(mtime, 11), 136);
  put('        ', 148);
  put(Object.entries(TYPES).find(([, one]) => one === type)?.[0] ?? '', 156);
  put(target, 157);
  put('ustar\u000000', 257);
  put(octalText(checksum(block), 6), 148);
  return block;
}

/** Its length counts itself. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** The bytes with zeros up to a whole block. */
export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

function fits(name: string): boolean {
  return name.length <= NAME_BYTES && /^[ -~]*$/.test(name);
}

/** The sum of all bytes, its own field counted as blanks. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function octalText(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}

function octal(block: Buffer, at: number, length: number): number {
  const digits = /^([0-7]+)[ \0]*$/.exec(block.toString('latin1', at, at + length))?.[1];
  if (digits === undefined) throw damaged('a number in a header is none');
  return Number.parseInt(digits, 8);
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return utf8(block.subarray(at, end === -1 || end > at + length ? at + length : end));
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged('a name is no UTF-8');
  }
}
