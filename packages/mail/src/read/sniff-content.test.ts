import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zip } from '../test-support/files.ts';
import { sniffContent } from './sniff-content.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const openXml = 'application/vnd.openxmlformats-officedocument';

describe('sniffContent', () => {
  it.each<[string, Uint8Array, string | null]>([
    ['a PDF', latin1('%PDF-1.7\n%âãÏÓ\n'), 'application/pdf'],
    ['a PNG', latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), 'image/png'],
    [
      'a TIFF whose directory is at its end',
      latin1(`II*\0\x00\x00\x10\0${'\x01'.repeat(9000)}`),
      'image/tiff',
    ],
    ['a Windows program', latin1(`MZ\x90\0\x03${'\0'.repeat(100)}PE\0\0`), 'application/x-msdownload'],
    ['a Linux program', latin1('\x7fELF\x02\x01\x01\0'), 'application/x-elf'],
    ['a macOS program', latin1('\xcf\xfa\xed\xfe\x07\0\0\x01'), 'application/x-mach-binary'],
    ['a Java class', latin1('\xca\xfe\xba\xbe\0\0\0\x41'), 'application/java-vm'],
    ['a Debian package', latin1('!<arch>\ndebian-binary   1 \0'), 'application/x-deb'],
    ['a script', Buffer.from('#!/usr/bin/env python3\nprint(1)\n'), 'text/x-script'],
    ['a script behind a byte order mark', Buffer.from('\ufeff#! /bin/sh\n'), 'text/x-script'],
    ['a gzip file', gzipSync('x'), 'application/gzip'],
    ['a 7z file', latin1('7z\xbc\xaf\x27\x1c\0\x04'), 'application/x-7z-compressed'],
    ['a RAR file', latin1('Rar!\x1a\x07\x01\0'), 'application/x-rar-compressed'],
    ['an XZ file', latin1('\xfd7zXZ\0\0\x04'), 'application/x-xz'],
    ['a Zstandard file', latin1('\x28\xb5\x2f\xfd\x04\0'), 'application/zstd'],
    ['a cabinet', latin1('MSCF\0\0\0\0'), 'application/vnd.ms-cab-compressed'],
    [
      'a CD image',
      Buffer.concat([Buffer.alloc(32_769), Buffer.from('CD001\x01')]),
      'application/x-iso9660-image',
    ],
    ['winmail.dat', latin1('\x78\x9f\x3e\x22\x01\0'), 'application/vnd.ms-tnef'],
    ['a calendar', Buffer.from('BEGIN:VCALENDAR\r\n'), 'text/calendar'],
    ['plain text', Buffer.from('Grüße'), null],
    ['nothing', Buffer.alloc(0), null],
    ['one byte', latin1('M'), null],
  ])('tells %s', async (_, content, type) => {
    expect((await sniffContent(content)).type).toBe(type);
  });

  it.each([
    'MZ 47 is the train',
    'BM is short for Bookmark',
    'FORM A: fill in',
    'ID3 tags explained',
    'solid work, thanks',
    'GIF or JIF?',
  ])('takes a text that begins with a signature for a text: %s', async (text) => {
    expect((await sniffContent(Buffer.from(text))).type).toBeNull();
  });

  it('does not take packed bytes for a disk image', async () => {
    expect((await sniffContent(deflateSync('hello', { level: 0 }))).type).toBeNull();
  });

  it.each<[string, Buffer, string]>([
    ['Word', zip('[Content_Types].xml', 'word/document.xml'), `${openXml}.wordprocessingml.document`],
    ['Excel', zip('xl/workbook.xml', '[Content_Types].xml'), `${openXml}.spreadsheetml.sheet`],
    ['PowerPoint', zip('[Content_Types].xml', 'ppt/x.xml'), `${openXml}.presentationml.presentation`],
    [
      'OpenDocument',
      zip(
        { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true },
        'content.xml',
      ),
      'application/vnd.oasis.opendocument.text',
    ],
    [
      'EPUB',
      zip({ name: 'mimetype', content: 'application/epub+zip', stored: true }),
      'application/epub+zip',
    ],
    ['Pages', zip('Index/Document.iwa', 'preview.jpg'), 'application/vnd.apple.pages'],
    ['a Java archive', zip('a.txt', 'META-INF/MANIFEST.MF'), 'application/java-archive'],
    ['an Android package', zip('AndroidManifest.xml'), 'application/vnd.android.package-archive'],
    ['an archive', zip('a.txt', 'word/document.xml'), 'application/zip'],
    ['an archive behind other bytes', zip('a.txt').subarray(0, 30), 'application/zip'],
    ['an empty archive', zip(), 'application/zip'],
    [
      'a mimetype that is a sentence',
      zip({ name: 'mimetype', content: 'run me', stored: true }),
      'application/zip',
    ],
  ])('tells the zip file of %s by its names', async (_, content, type) => {
    expect(await sniffContent(content)).toEqual({ type, macros: false, encrypted: false });
  });

  it.each<[string, Buffer]>([
    ['Word', zip('[Content_Types].xml', 'word/document.xml', 'word/vbaProject.bin')],
    ['Excel', zip('[Content_Types].xml', 'xl/workbook.xml', 'xl/macrosheets/sheet1.xml')],
    [
      'OpenDocument',
      zip(
        { name: 'mimetype', content: 'application/vnd.oasis.opendocument.text', stored: true },
        'Basic/script-lc.xml',
      ),
    ],
    ['old Office', Buffer.concat([compoundFile(Buffer.alloc(16)), Buffer.from('_VBA_PROJECT', 'utf16le')])],
  ])('finds the macros of %s', async (_, content) => {
    expect(await sniffContent(content)).toMatchObject({ macros: true, encrypted: false });
  });

  it('sees a password in any entry of a zip file', async () => {
    expect(await sniffContent(zip('a', { name: 'b', encrypted: true }))).toMatchObject({ encrypted: true });
    expect(await sniffContent(zip({ name: 'b', encrypted: true }).subarray(0, 60))).toMatchObject({
      encrypted: true,
    });
  });

  it('tells an installer from a document of the same format', async () => {
    const installer = Buffer.from('84100c0000000000c000000000000046', 'hex');
    expect((await sniffContent(compoundFile(installer))).type).toBe('application/x-msi');
    expect((await sniffContent(compoundFile(Buffer.alloc(16)))).type).toBe('application/x-cfb');
  });
});

/** A compound file (MS-CFB) of one sector after its header, whose root storage has a class. */
function compoundFile(rootClass: Buffer): Buffer {
  const file = Buffer.alloc(1024);
  file.write('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1');
  file.writeUInt16LE(9, 30);
  rootClass.copy(file, 512 + 80);
  return file;
}
