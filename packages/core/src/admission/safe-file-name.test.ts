import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeFileNames } from './safe-file-name.ts';

function one(filename: string | null, contentType = 'application/octet-stream'): string | undefined {
  return safeFileNames([{ filename, contentType }])[0];
}
const bytes = (text: string) => new TextEncoder().encode(text).length;

describe('safeFileNames', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['Übersicht 2026 (final).xlsx', 'Übersicht 2026 (final).xlsx'],
    ['报告.pdf', '报告.pdf'],
    ['archive.tar.gz', 'archive.tar.gz'],
    ['a..b...txt', 'a.b.txt'],
    ['a  b\u00a0c.txt', 'a b c.txt'],
    ['../../etc/passwd', '_._etc_passwd'],
    ['..\\..\\boot.ini', '_._boot.ini'],
    ['/etc/passwd', '_etc_passwd'],
    ['C:\\x.txt', 'C__x.txt'],
    ['-rf', 'rf'],
    ['--help.txt', 'help.txt'],
    ['.bashrc', 'bashrc'],
    ['~root', 'root'],
    ['. .hidden', 'hidden'],
    ['name. . ', 'name'],
    ['a\u0000b\r\nc.txt', 'abc.txt'],
    ['gpj.\u202eexe', 'gpj.exe'],
    ['a\u200bb\ufeff.txt', 'ab.txt'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['console.txt', 'console.txt'],
    ['a\u2215b\uff0fc.txt', 'a_b_c.txt'],
    ['<x>|"y"?*.txt', '_x___y___.txt'],
    ['mu\u0308ller.txt', 'müller.txt'],
    ['\ud800x.txt', 'x.txt'],
    ['$(touch x).pdf', '_(touch x).pdf'],
    ['`id`.pdf', '_id_.pdf'],
    ['a;rm -rf b&.txt', 'a_rm -rf b_.txt'],
    ["Ann's list.txt", "Ann's list.txt"],
    ['invoice.pdf          .exe', 'invoice.pdf.exe'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['setup.exe . .', 'setup.exe'],
    ['COM¹.txt', '_COM¹.txt'],
    ['-. ~-.sh', 'sh'],
  ])('makes %j into %j', (filename, name) => {
    expect(one(filename)).toBe(name);
  });

  it.each([
    [null, 'application/pdf', 'attachment-1.pdf'],
    ['', 'image/jpeg; name="x"', 'attachment-1.jpg'],
    ['..', 'TEXT/PLAIN', 'attachment-1.txt'],
    ['///', 'message/rfc822', 'attachment-1.eml'],
    ['\u202e\u200b', 'application/x-unknown', 'attachment-1.bin'],
    ['...', 'constructor', 'attachment-1.bin'],
    ['_', '', 'attachment-1.bin'],
  ])('names %j of %s by its type', (filename, contentType, name) => {
    expect(one(filename, contentType)).toBe(name);
  });

  it('numbers equal names, also those that differ in case or form only', () => {
    const contentType = 'image/png';
    const names = ['a.png', 'A.png', 'a.png', 'a-2.png', 'ﬁ.png', 'fi.png', 'noext', 'NoExt'].map(
      (filename) => ({ filename, contentType }),
    );
    expect(safeFileNames(names)).toEqual([
      'a.png',
      'A-2.png',
      'a-3.png',
      'a-2-2.png',
      'ﬁ.png',
      'fi-2.png',
      'noext',
      'NoExt-2',
    ]);
  });

  it('counts unnamed ones by their place', () => {
    expect(
      safeFileNames([
        { filename: 'a.txt', contentType: 'text/plain' },
        { filename: null, contentType: 'text/csv' },
      ]),
    ).toEqual(['a.txt', 'attachment-2.csv']);
  });

  it('cuts the stem and keeps the extension', () => {
    expect(one(`${'x'.repeat(500)}.pdf`)).toBe(`${'x'.repeat(116)}.pdf`);
    expect(one(`${'é'.repeat(500)}.pdf`)).toBe(`${'é'.repeat(58)}.pdf`);
    expect(one(`a.${'x'.repeat(500)}`)).toBe(`a.${'x'.repeat(118)}`);
  });

  it('gives safe, different names for any names', () => {
    const filename = fc.option(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: fc.constantFrom(...'aA./\\-~ \u0000\u202e\u200b:．é$`;&'), maxLength: 200 }),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ filename, contentType: fc.string() }), { maxLength: 30 }),
        (attachments) => {
          const names = safeFileNames(attachments);
          expect(names).toHaveLength(attachments.length);
          expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
          for (const name of names) {
            expect(name).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}/\\]+$/u);
            expect(name).toMatch(/^[^.~\s-]/);
            expect(name).not.toContain('..');
            expect(name).not.toMatch(/[$`;&|<>"*?:]/);
            expect(name).toMatch(/[^.\s]$/);
            expect(name).toMatch(/[\p{L}\p{N}]/u);
            expect(bytes(name)).toBeLessThanOrEqual(120);
          }
        },
      ),
      fuzzRuns(1000),
    );
  });
});
