import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AttachmentMark } from '../contract/mail.ts';
import { multipartMessage, zip } from '../test-support/files.ts';
import { readMail } from './read-mail.ts';

const program = Buffer.from(`MZ\x90\0\x03${'\0'.repeat(100)}PE\0\0`, 'latin1');
const pdf = Buffer.from('%PDF-1.7\n');
const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
const docx = zip('[Content_Types].xml', 'word/document.xml');
const octets = 'application/octet-stream';
const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

async function marksOf(filename: string | null, type: string, content: Uint8Array | string) {
  const name = filename === null ? '' : `; filename*=UTF-8''${encodeURIComponent(filename)}`;
  const headers = [`Content-Type: ${type}`, `Content-Disposition: attachment${name}`];
  const read = await readMail(multipartMessage('mixed', [{ headers, content }]), false);
  if (!read.ok) throw new Error(read.reason);
  return read.content.attachments[0]?.marks;
}

describe('marks', () => {
  it.each<[string | null, string, Uint8Array | string, AttachmentMark[]]>([
    ['report.pdf', 'application/pdf', pdf, []],
    ['photo.png', 'image/png', png, []],
    ['letter.docx', docxType, docx, []],
    ['letter.docx', octets, docx, []],
    ['notes.txt', 'text/plain', 'hello', []],
    ['report', octets, pdf, []],
    [null, octets, 'hello', []],
    // Programs, by what they are and by what they are called.
    ['setup.exe', octets, program, ['executable']],
    ['setup', octets, program, ['executable']],
    [null, octets, program, ['executable']],
    ['setup.exe', 'application/x-msdownload', 'not really', ['executable']],
    ['run.sh', 'text/plain', '#!/bin/sh\n', ['executable']],
    ['run', 'text/plain', '#!/bin/sh\n', ['executable']],
    ['run.ps1', octets, 'x', ['executable']],
    ['a.JS', octets, 'x', ['executable']],
    ['a.hta', 'text/html', '<script>', ['executable']],
    ['a.lnk', octets, 'x', ['executable']],
    ['a', 'application/javascript', 'x', ['executable']],
    ['app.jar', 'application/java-archive', zip('META-INF/MANIFEST.MF'), ['executable']],
    ['app.jar', 'application/zip', zip('META-INF/MANIFEST.MF'), ['executable']],
    // Archives.
    ['a.zip', 'application/zip', zip('a'), ['archive']],
    ['a.tar.gz', 'application/gzip', gzipSync('x'), ['archive']],
    ['a.log.gz', 'text/plain', gzipSync('x'), ['archive']],
    ['a.rar', octets, 'x', ['archive']],
    ['a.zip', 'application/zip', zip({ name: 'a', encrypted: true }), ['archive', 'encrypted']],
    // Macros.
    ['a.docm', octets, zip('[Content_Types].xml', 'word/a', 'word/vbaProject.bin'), ['macros']],
    ['a.docx', docxType, zip('[Content_Types].xml', 'word/a', 'word/vbaProject.bin'), ['macros']],
    ['a.xlsm', octets, 'x', ['macros']],
    // Something else than it says.
    ['invoice.pdf', 'application/pdf', program, ['executable', 'type_mismatch']],
    ['invoice.exe', 'application/pdf', program, ['executable', 'type_mismatch']],
    ['photo.png', 'image/png', zip('a'), ['archive', 'type_mismatch']],
    ['letter.docx', docxType, zip('a'), ['archive', 'type_mismatch']],
    ['letter.docx', docxType, zip('META-INF/MANIFEST.MF'), ['executable', 'type_mismatch']],
    ['a.zip', 'application/zip', program, ['executable', 'type_mismatch']],
    ['photo.jpg', 'image/jpeg', '#!/bin/sh\n', ['executable', 'type_mismatch']],
    // Names that hide what they are.
    ['invoice.pdf.exe', octets, program, ['executable', 'type_mismatch']],
    ['invoice.pdf          .exe', octets, 'x', ['executable', 'type_mismatch']],
    ['invoice.pdf.exe . .', octets, 'x', ['executable', 'type_mismatch']],
    ['readme.txt.vbs', octets, 'x', ['executable', 'type_mismatch']],
    ['invoice\u202efdp.exe', octets, program, ['executable', 'type_mismatch']],
    ['invoice\u202efdp.zip', octets, zip('a'), ['archive', 'type_mismatch']],
    ['jquery.min.js', octets, 'x', ['executable']],
    // What has a meaning of its own.
    ['a.eml', octets, 'x', ['nested_mail']],
    ['a.ics', octets, 'x', ['calendar']],
    [null, 'application/ics', 'BEGIN:VCALENDAR\r\n', ['calendar']],
    ['winmail.dat', octets, 'x', ['tnef']],
    ['x.dat', 'application/ms-tnef', 'x', ['tnef']],
    ['x.bin', octets, Buffer.from('789f3e220100', 'hex'), ['tnef']],
  ])('of %j as %s are right', async (filename, type, content, marks) => {
    expect(await marksOf(filename, type, content)).toEqual(marks);
  });
});
