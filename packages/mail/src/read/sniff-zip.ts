/**
 * Programs and documents that are zip files, told by the names in their table of contents (PKWARE APPNOTE
 * 4.3). Nothing is inflated, and the work is linear in the bytes of the file, whatever it claims of itself.
 */
import type { SniffedContent } from './sniff-content.ts';

interface Directory {
  names: string[];
  /** An entry can only be read with a password. */
  encrypted: boolean;
  /** Content of an uncompressed first entry `mimetype` (OpenDocument, EPUB); empty without one. */
  mediaType: string;
}

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const centralHeaderBytes = 46;
const endRecord = Buffer.from('PK\x05\x06', 'latin1');
const endRecordBytes = 22;
const longestComment = 0xffff;
const longestMediaType = 100;

/** Looks at a file that begins like a zip file; one whose table can't be read is an archive of anything. */
export function sniffZip(bytes: Buffer): SniffedContent {
  const directory = readDirectory(bytes);
  const { names, encrypted } = directory;
  const holds = (name: string) => names.includes(name);
  const below = (folder: string) => names.some((name) => name.startsWith(folder));
  const found = (type: string, macros = false) => ({ type, macros, encrypted });

  if (holds('AndroidManifest.xml') || holds('classes.dex')) {
    return found('application/vnd.android.package-archive');
  }
  if (holds('META-INF/MANIFEST.MF')) return found('application/java-archive');
  if (holds('AppxManifest.xml') || below('AppxMetadata/')) return found('application/vnd.ms-appx');
  if (directory.mediaType === 'application/epub+zip') return found(directory.mediaType);
  if (/^application\/vnd\.oasis\.opendocument\.[a-z-]+$/.test(directory.mediaType)) {
    return found(directory.mediaType, below('Basic/') || below('Scripts/'));
  }
  if (holds('[Content_Types].xml')) {
    // VBA, or sheets of Excel 4 macros.
    const macros = names.some((name) => name.endsWith('vbaProject.bin')) || below('xl/macrosheets/');
    const office = officeTypes.find(({ folder }) => below(folder));
    if (office) return found(macros ? office.withMacros : office.plain, macros);
  }
  if (holds('Index/Document.iwa')) {
    if (below('Index/MasterSlide')) return found('application/vnd.apple.keynote');
    const tables = holds('Index/CalculationEngine.iwa');
    return found(tables ? 'application/vnd.apple.numbers' : 'application/vnd.apple.pages');
  }
  return found('application/zip');
}

const openXml = 'application/vnd.openxmlformats-officedocument';
const officeTypes = [
  {
    folder: 'word/',
    plain: `${openXml}.wordprocessingml.document`,
    withMacros: 'application/vnd.ms-word.document.macroenabled.12',
  },
  {
    folder: 'xl/',
    plain: `${openXml}.spreadsheetml.sheet`,
    withMacros: 'application/vnd.ms-excel.sheet.macroenabled.12',
  },
  {
    folder: 'ppt/',
    plain: `${openXml}.presentationml.presentation`,
    withMacros: 'application/vnd.ms-powerpoint.presentation.macroenabled.12',
  },
  { folder: 'visio/', plain: 'application/vnd.visio', withMacros: 'application/vnd.visio' },
];

function readDirectory(bytes: Buffer): Directory {
  const directory: Directory = { names: [], ...firstEntry(bytes) };
  const end = endOfDirectory(bytes);
  if (end === null) return directory;
  let at = end.start;
  while (at + centralHeaderBytes <= end.offset && bytes.readUInt32LE(at) === centralHeader) {
    const nameAt = at + centralHeaderBytes;
    const name = bytes.readUInt16LE(at + 28);
    if (isEncrypted(bytes.readUInt16LE(at + 8))) directory.encrypted = true;
    directory.names.push(bytes.toString('latin1', nameAt, nameAt + name));
    at = nameAt + name + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return directory;
}

function firstEntry(bytes: Buffer): { encrypted: boolean; mediaType: string } {
  if (bytes.length < 38 || bytes.readUInt32LE(0) !== localHeader) return { encrypted: false, mediaType: '' };
  const encrypted = isEncrypted(bytes.readUInt16LE(6));
  const stored = bytes.readUInt16LE(8) === 0;
  const size = Math.min(bytes.readUInt32LE(18), longestMediaType);
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const isMediaType = stored && bytes.toString('latin1', 30, 38) === 'mimetype';
  return { encrypted, mediaType: isMediaType ? bytes.toString('latin1', start, start + size).trim() : '' };
}

/** Where the directory begins and its end record stands; bytes before the archive don't matter. */
function endOfDirectory(bytes: Buffer): { start: number; offset: number } | null {
  const tail = bytes.subarray(Math.max(0, bytes.length - endRecordBytes - longestComment));
  const found = tail.lastIndexOf(endRecord);
  const offset = bytes.length - tail.length + found;
  if (found === -1 || offset + endRecordBytes > bytes.length) return null;
  const start = offset - bytes.readUInt32LE(offset + 12);
  return start < 0 ? null : { start, offset };
}

/** General purpose bit 0. */
function isEncrypted(flags: number): boolean {
  return (flags & 1) === 1;
}
