/**
 * Reads a zip archive that a stranger may have made (PKWARE APPNOTE 6.3.10), in memory and strictly: the directory at its
 * end is what counts, and each entry must say the same of itself. What it declares are limits: an entry that inflates to
 * more is not read. Not read are archives in parts, of 4 GiB and more (zip64), and encrypted ones.
 */
import { crc32 } from './crc32.ts';
import { inflate } from './inflate.ts';

/** One entry, as the directory has it; nothing of its content is read yet. */
export interface ZipEntry {
  /** Below the archive: not absolute, without `..`, backslash and control characters. Of a folder it ends with a slash. */
  path: string;
  /** `other`: a pipe, a socket or a device. */
  kind: 'file' | 'folder' | 'link' | 'other';
  executable: boolean;
  /** Bytes of its content, as it says. */
  size: number;
  /** Why its content can't be read, as what follows on its name; null where nothing prevents it. */
  obstacle: string | null;
  /** Its content, which is in memory then; null where it is not what the directory says. */
  read(): Promise<Uint8Array | null>;
}

/** The entries in the order of the directory, or a clause that says why there are none. */
export type ZipContent = { ok: true; entries: ZipEntry[] } | { ok: false; why: string };

/** An archive can't be read; `message` is a clause. */
class Unreadable extends Error {}

const END = { signature: 0x06054b50, bytes: 22 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const MOST_COMMENT = 0xffff;
const ENCRYPTED = 0x1 | 0x40 | 0x2000;
const STORED = 0;
const DEFLATED = 8;
/** Systems whose archives carry modes of files (4.4.2): Unix, and that of a Mac. */
const WITH_MODES = new Set([3, 19]);
const KINDS: ReadonlyMap<number, ZipEntry['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);

/** The entries of an archive of at most `mostEntries`. Never throws for what is in it. */
export function openZip(bytes: Uint8Array, mostEntries: number): ZipContent {
  try {
    return { ok: true, entries: entriesOf(bytes, mostEntries) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, why: error.message };
    // A field lies outside of the bytes.
    if (error instanceof RangeError) return { ok: false, why: 'it is cut off or damaged' };
    throw error;
  }
}

function entriesOf(bytes: Uint8Array, mostEntries: number): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const length = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count)
    throw new Unreadable('it is one part of several');
  if (count === 0xffff || at === 0xffffffff) throw new Unreadable('it is a zip64 archive');
  if (count > mostEntries) throw new Unreadable(`it has more than ${mostEntries} entries`);
  if (at + length !== end) throw new Unreadable('its directory is not at its end');
  const directory = { from: at, end };
  const entries: ZipEntry[] = [];
  for (let number = 0; number < count; number++) {
    const { entry, next } = entryAt(view, at, directory);
    entries.push(entry);
    at = next;
  }
  if (at !== end) throw new Unreadable('its directory has more than it says');
  return entries;
}

/** Where the end record is: the last one whose comment reaches to the end of the file. */
function endOf(view: DataView): number {
  const last = view.byteLength - END.bytes;
  for (let at = last; at >= 0 && at >= last - MOST_COMMENT; at--) {
    const isOne = view.getUint32(at, true) === END.signature;
    if (isOne && at + END.bytes + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw new Unreadable('it is no zip archive, or cut off');
}

function entryAt(
  view: DataView,
  at: number,
  directory: { from: number; end: number },
): { entry: ZipEntry; next: number } {
  if (at + CENTRAL.bytes > directory.end || view.getUint32(at, true) !== CENTRAL.signature)
    throw new Unreadable('its directory is damaged');
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const nameLength = view.getUint16(at + 28, true);
  const next =
    at + CENTRAL.bytes + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  if (next > directory.end) throw new Unreadable('its directory is damaged');
  const name = bytesAt(view, at + CENTRAL.bytes, nameLength);
  const path = pathOf(name);
  const mode = WITH_MODES.has(view.getUint8(at + 5)) ? view.getUint16(at + 40, true) : 0;
  const local = view.getUint32(at + 42, true);
  const content = () => contentOf(view, local, { flags, method, name, packed, end: directory.from });
  return {
    entry: {
      path,
      kind: kindOf(mode, path),
      executable: (mode & 0o111) !== 0,
      size,
      obstacle: obstacleOf(flags, method),
      async read() {
        const found = content();
        if (found === null || obstacleOf(flags, method) !== null) return null;
        if (method === DEFLATED) return await inflate(found, { size, crc });
        return found.length === size && crc32(found) === crc ? found : null;
      },
    },
    next,
  };
}

/** The bytes of an entry as they are packed; null where it says another thing of itself than the directory. */
function contentOf(
  view: DataView,
  at: number,
  said: { flags: number; method: number; name: Uint8Array; packed: number; end: number },
): Uint8Array | null {
  if (at + LOCAL.bytes > said.end || view.getUint32(at, true) !== LOCAL.signature) return null;
  const nameLength = view.getUint16(at + 26, true);
  const from = at + LOCAL.bytes + nameLength + view.getUint16(at + 28, true);
  const isSame =
    (view.getUint16(at + 6, true) & ENCRYPTED) === (said.flags & ENCRYPTED) &&
    view.getUint16(at + 8, true) === said.method &&
    nameLength === said.name.length &&
    from + said.packed <= said.end &&
    bytesAt(view, at + LOCAL.bytes, nameLength).every((byte, index) => byte === said.name[index]);
  return isSame ? bytesAt(view, from, said.packed) : null;
}

function obstacleOf(flags: number, method: number): string | null {
  if ((flags & ENCRYPTED) !== 0) return 'needs a password';
  if (method === STORED || method === DEFLATED) return null;
  return 'is compressed by an unsupported compression method';
}

function kindOf(mode: number, path: string): ZipEntry['kind'] {
  const type = mode & 0o170000;
  if (type === 0) return path.endsWith('/') ? 'folder' : 'file';
  return KINDS.get(type) ?? 'other';
}

/** Names are UTF-8, or of an old code page whose first half is ASCII: others are not read. */
function pathOf(name: Uint8Array): string {
  let path: string;
  try {
    path = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw new Unreadable('a name in it is no UTF-8');
  }
  const shown = JSON.stringify(path.slice(0, 100));
  if (path === '' || /[\\\p{Cc}]/u.test(path))
    throw new Unreadable(`it has invalid characters in the name ${shown}`);
  if (/^\/|^[A-Za-z]:/.test(path)) throw new Unreadable(`it has the absolute path ${shown}`);
  if (path.split('/').includes('..')) throw new Unreadable(`it has the invalid relative path ${shown}`);
  return path;
}

function bytesAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}
