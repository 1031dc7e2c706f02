/**
 * The blocks of a tar archive (POSIX.1-2017, pax, "pax Interchange Format"), as far as this program writes them: files,
 * folders and symbolic links, with pax records for names and sizes that the old header has no room for. Reading is
 * strict: what holds anything else was not written by this program, nor by tar(1) as this program calls it.
 */
import { joinBytes } from './join-bytes.ts';

/** Bytes of a header, and what contents are padded to. */
export const BLOCK = 512;
/** The oldest field of a size has eleven octal digits. */
const MOST_OLD_SIZE = 8 ** 11 - 1;
const NAME_BYTES = 100;
/** Of the folders above a name, in a field of their own: read, and not written. */
const FOLDER_BYTES = 155;
const SLASH = new Uint8Array([0x2f]);
const MAX_SECONDS = 8 ** 11 - 1;
/** Of the pax records of one entry: two names of a path's length. */
export const MAX_RECORDS_BYTES = 16 * 1024;

/** Types of entries that are read, by their letter. */
const TYPES = { '0': 'file', '5': 'folder', '2': 'link', x: 'records' } as const;
type HeaderType = (typeof TYPES)[keyof typeof TYPES];

/** One header. `mtime` is whole seconds; `owner` is the number of user and group. */
export interface TarHeader {
  type: HeaderType;
  path: string;
  size: number;
  mode: number;
  mtime: number;
  target: string;
  owner?: number;
}

/** The archive can't be used; `message` is a sentence. */
export class ArchiveError extends Error {
  override name = 'ArchiveError';
}

/** The blocks of a header: one, or three and more where it needs pax records. */
export function headerBlocks(header: TarHeader): Uint8Array {
  const needed: Record<string, string> = {};
  if (!fits(header.path)) needed.path = header.path;
  if (!fits(header.target)) needed.linkpath = header.target;
  if (header.size > MOST_OLD_SIZE) needed.size = String(header.size);
  if (Object.keys(needed).length === 0) return headerBlock(header);
  const records = joinBytes(Object.entries(needed).map(([key, value]) => record(key, value)));
  if (records.length > MAX_RECORDS_BYTES) throw new Error('a path longer than any file system has');
  const before = { ...header, type: 'records' as const, path: 'PaxHeader', size: records.length, target: '' };
  const short = {
    ...header,
    path: fits(header.path) ? header.path : 'see-pax-header',
    target: fits(header.target) ? header.target : 'see-pax-header',
    size: Math.min(header.size, MOST_OLD_SIZE),
  };
  return joinBytes([headerBlock(before), records, paddingOf(records.length), headerBlock(short)]);
}

/** What pax records say in the place of the fields of a header. */
export type TarRecords = Partial<Pick<TarHeader, 'path' | 'target' | 'size'>>;

/** The header in a block, where `records` say something by them; null for a block of zeros, which ends an archive. Throws an ArchiveError. */
export function readHeader(block: Uint8Array, records: TarRecords = {}): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  if (latin1(block, 257, 263) !== 'ustar\0') throw damaged('a header is none');
  if (checksum(block) !== octal(block, 148, 8)) throw damaged('a header has another checksum');
  const letter = latin1(block, 156, 157);
  const type = Object.hasOwn(TYPES, letter) ? TYPES[letter as keyof typeof TYPES] : null;
  if (type === null) {
    throw new ArchiveError(
      'The archive holds something that tinyfat did not write. Use the file as tinyfat wrote it, not one that was packed anew.',
    );
  }
  // A name that stands in the records, and that of the records themselves, may be cut off here, in the middle of a letter.
  return {
    type,
    path: type === 'records' ? '' : (records.path ?? pathIn(block)),
    size: records.size ?? octal(block, 124, 12),
    mode: octal(block, 100, 8),
    mtime: octal(block, 136, 12),
    target: records.target ?? utf8(field(block, 157, NAME_BYTES)),
  };
}

/** Reads the content of pax records. Throws an ArchiveError. */
export function readRecords(records: Uint8Array): TarRecords {
  const read: TarRecords = {};
  for (let at = 0; at < records.length; ) {
    const blank = records.indexOf(0x20, at);
    const length = blank === -1 ? Number.NaN : lengthOf(latin1(records, at, blank));
    const end = at + length;
    if (!Number.isSafeInteger(length) || end <= blank || end > records.length || records[end - 1] !== 0x0a) {
      throw damaged('a record of a name is none');
    }
    const [key = '', ...rest] = utf8(records.subarray(blank + 1, end - 1)).split('=');
    const value = rest.join('=');
    if (key === 'path') read.path = value;
    else if (key === 'linkpath') read.target = value;
    else if (key === 'size' && /^\d{1,15}$/.test(value)) read.size = Number(value);
    else throw damaged('a record of an entry is not known');
    at = end;
  }
  return read;
}

function pathIn(block: Uint8Array): string {
  const folder = field(block, 345, FOLDER_BYTES);
  return utf8(joinBytes([folder, ...(folder.length > 0 ? [SLASH] : []), field(block, 0, NAME_BYTES)]));
}

/** That the archive is not as it was written; `why` goes on after a bracket. */
export function damaged(why: string): ArchiveError {
  return new ArchiveError(`The archive is damaged or cut off (${why}).`);
}

function headerBlock({ type, path, size, mode, mtime, target, owner = 0 }: TarHeader): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (value: string, at: number) => {
    for (let index = 0; index < value.length; index += 1) block[at + index] = value.charCodeAt(index);
  };
  put(path, 0);
  put(octalText(mode, 7), 100);
  put(octalText(owner, 7), 108);
  put(octalText(owner, 7), 116);
  put(octalText(size, 11), 124);
  put(octalText(Math.min(Math.max(0, Math.floor(mtime)), MAX_SECONDS), 11), 136);
  put('        ', 148);
  put(Object.entries(TYPES).find(([, one]) => one === type)?.[0] ?? '', 156);
  put(target, 157);
  put('ustar\u000000', 257);
  put(octalText(checksum(block), 6), 148);
  return block;
}

/** Its length counts itself. */
function record(key: string, value: string): Uint8Array {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return joinBytes([new TextEncoder().encode(String(length)), rest]);
}

/** The zeros that follow so many bytes, up to a whole block. */
export function paddingOf(length: number): Uint8Array {
  return new Uint8Array((BLOCK - (length % BLOCK)) % BLOCK);
}

function fits(name: string): boolean {
  return name.length <= NAME_BYTES && /^[ -~]*$/.test(name);
}

/** The sum of all bytes, its own field counted as blanks. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function octalText(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}

function octal(block: Uint8Array, at: number, length: number): number {
  const digits = /^([0-7]+)[ \0]*$/.exec(latin1(block, at, at + length))?.[1];
  if (digits === undefined) throw damaged('a number in a header is none');
  return Number.parseInt(digits, 8);
}

/** The length of a record in decimal digits; not a number where it is none. */
function lengthOf(digits: string): number {
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : Number.NaN;
}

/** A byte a character. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, Math.min(to, from + BLOCK)));
}

/** Up to the first zero. */
function field(block: Uint8Array, at: number, length: number): Uint8Array {
  const whole = block.subarray(at, at + length);
  const end = whole.indexOf(0);
  return end === -1 ? whole : whole.subarray(0, end);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged('a name is no UTF-8');
  }
}
