/**
 * What a file is by its content. The library sees the first bytes of a file only, and never one that it would
 * unpack: some thousand zip files made to inflate would cost it more than the time that a mail may take. Those
 * are recognized here.
 */
import { fileTypeFromBuffer } from 'file-type';
import { sniffZip } from './sniff-zip.ts';

/** What the content of a file says of it. */
export interface SniffedContent {
  /** Media type without parameters; null where the content does not tell. */
  type: string | null;
  /** It holds macros. */
  macros: boolean;
  /** It can only be read with a password. */
  encrypted: boolean;
}

/** What file-type is shown of a file, bytes: enough for its formats, and the measure of its work. */
const sampleBytes = 2048;

/** What may be all text; any other signature at the start of a text is a coincidence. */
const textTypes = new Set([
  'application/pdf',
  'application/xml',
  'application/rtf',
  'application/postscript',
  'application/eps',
  'application/pgp-encrypted',
  'application/x-ms-regedit',
  'text/vcard',
  'text/calendar',
  'text/vtt',
]);

/** The first of the volume descriptors (ECMA-119 section 8.1). */
const isoIdentifier = { at: 32_769, bytes: Buffer.from('CD001') };
const vbaStorage = Buffer.from('_VBA_PROJECT', 'utf16le');

/** Looks at a file. Never throws and inflates nothing; at worst it looks at each byte once. */
export async function sniffContent(content: Uint8Array): Promise<SniffedContent> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (startsWith(bytes, 'PK\x03\x04') || startsWith(bytes, 'PK\x05\x06')) return sniffZip(bytes);
  if (startsWith(bytes, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return sniffCompound(bytes);
  const type = typeBySignature(bytes) ?? (await typeByLibrary(bytes));
  return { type, macros: false, encrypted: false };
}

/** A compound file: a document of older Office programs, or a Windows Installer package. */
function sniffCompound(bytes: Buffer): SniffedContent {
  const type = isInstaller(bytes) ? 'application/x-msi' : 'application/x-cfb';
  return { type, macros: bytes.includes(vbaStorage), encrypted: false };
}

/** By the class of the root storage (MS-CFB sections 2.2 and 2.6.1): database, patch or transform. */
function isInstaller(bytes: Buffer): boolean {
  if (bytes.length < 512) return false;
  const sectorShift = bytes.readUInt16LE(30);
  if (sectorShift !== 9 && sectorShift !== 12) return false;
  const classAt = (bytes.readUInt32LE(48) + 1) * 2 ** sectorShift + 80;
  const rootClass = bytes.toString('hex', classAt, classAt + 16);
  return /^8[246]100c0000000000c000000000000046$/.test(rootClass);
}

function typeBySignature(bytes: Buffer): string | null {
  if (startsWith(bytes, '\x1f\x8b')) return 'application/gzip';
  if (startsWith(bytes, '\x78\x9f\x3e\x22')) return 'application/vnd.ms-tnef';
  if (startsWith(bytes, 'II*\0') || startsWith(bytes, 'MM\0*')) return 'image/tiff';
  const identifier = bytes.subarray(isoIdentifier.at, isoIdentifier.at + isoIdentifier.bytes.length);
  if (isoIdentifier.bytes.equals(identifier)) return 'application/x-iso9660-image';
  const opening = bytes.toString('latin1', hasMark(bytes) ? 3 : 0, 100);
  return /^#![ \t]*\/\S/.test(opening) ? 'text/x-script' : null;
}

async function typeByLibrary(bytes: Buffer): Promise<string | null> {
  const sample = bytes.subarray(0, sampleBytes);
  const text = isText(sample);
  // Behind a byte order mark or an ID3 tag the library begins anew, with a gzip file for example.
  if (hasMark(sample) && !text) return null;
  if (startsWith(sample, 'ID3') && !text) return 'audio/mpeg';
  try {
    const found = await fileTypeFromBuffer(sample);
    const type = found?.mime.split(';', 1)[0] ?? null;
    // Its signature of a disk image is the two bytes with which any zlib stream may begin.
    if (type === null || type === 'application/x-apple-diskimage') return null;
    return text && !textTypes.has(type) ? null : type;
  } catch {
    return null;
  }
}

function hasMark(bytes: Buffer): boolean {
  return startsWith(bytes, '\xef\xbb\xbf');
}

function startsWith(bytes: Buffer, signature: string): boolean {
  return bytes.toString('latin1', 0, signature.length) === signature;
}

/** No control characters but those of text files. */
function isText(sample: Buffer): boolean {
  return !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(sample.toString('latin1'));
}
