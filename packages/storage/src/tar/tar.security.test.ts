/** Archives as tar(1) writes and reads them, and what a hostile one comes to. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ArchiveError, headerBlocks, paddingOf, readRecords } from './format.ts';
import { joinBytes } from './join-bytes.ts';
import { readTar } from './read-tar.ts';

function folder(): string {
  const made = mkdtempSync(join(scratchFolder(), 'tinyfat-tar-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(bytes: Uint8Array, size = 1000): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { header, content } of readTar(pieces(bytes, size))) {
    let text = '';
    for await (const piece of content) text += Buffer.from(piece).toString('latin1');
    found[header.path] = header.type === 'link' ? `→ ${header.target}` : text;
  }
  return found;
}

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => text.isWellFormed() && !/[/\0]|^\.\.?$/.test(text) && Buffer.byteLength(text) <= 255);
const path = fc
  .array(name, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.map((part) => `f${part}`).join('/'));
const tree = fc.uniqueArray(fc.tuple(path, fc.string({ maxLength: 1500, unit: 'binary-ascii' })), {
  selector: ([path]) => path.split('/')[0],
  minLength: 1,
  maxLength: 6,
});

describe('an archive', () => {
  it('of tar(1) is read as the files are, whatever their names', async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 3000 }), async (files, size) => {
        const place = folder();
        for (const [path, text] of files) {
          mkdirSync(dirname(join(place, path)), { recursive: true });
          writeFileSync(join(place, path), text);
        }
        const list = files.map(([path]) => `./${path}\0`).join('');
        const bytes = execFileSync(
          'tar',
          [
            '-c',
            '--format=posix',
            '--pax-option=delete=atime,delete=ctime,delete=mtime',
            '--null',
            '--no-unquote',
            '--verbatim-files-from',
            '-T',
            '-',
          ],
          { cwd: place, input: list, env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH } },
        );
        expect(await read(bytes, size)).toEqual(
          Object.fromEntries(files.map(([path, text]) => [`./${path}`, text])),
        );
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 15), endOnFailure: true },
    );
  });

  it('is unpacked by tar(1) as it was written, whatever the names', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (files) => {
        const place = folder();
        const parts = files.flatMap(([path, text]) => {
          const size = Buffer.byteLength(text);
          const header = {
            type: 'file' as const,
            path: `./${path}`,
            size,
            mode: 0o644,
            mtime: 1,
            target: '',
          };
          return [headerBlocks(header), Buffer.from(text), paddingOf(size)];
        });
        execFileSync('tar', ['-x', '-C', place], {
          input: joinBytes([...parts, new Uint8Array(1024)]),
          env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH },
        });
        const found = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) =>
          entry.isFile(),
        );
        expect(found).toHaveLength(files.length);
        for (const [path, text] of files) expect(readFileSync(join(place, path), 'utf8')).toBe(text);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 15), endOnFailure: true },
    );
  });

  it('of tar(1) with names beyond what old headers have room for, and links, is read', async () => {
    const place = folder();
    const deep = `${'d'.repeat(100)}/`.repeat(9);
    mkdirSync(join(place, deep), { recursive: true });
    writeFileSync(join(place, deep, 'ü'.repeat(127)), 'deep');
    writeFileSync(join(place, 'x'.repeat(120)), 'x');
    mkdirSync(join(place, 'p'.repeat(90)));
    writeFileSync(join(place, 'p'.repeat(90), 'q'.repeat(90)), 'in two fields');
    symlinkSync('ö'.repeat(200), join(place, 'link'));
    const bytes = execFileSync(
      'tar',
      ['-c', '--format=posix', '--pax-option=delete=atime,delete=ctime,delete=mtime', '.'],
      { cwd: place, env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH } },
    );
    expect(await read(bytes)).toMatchObject({
      [`./${deep}${'ü'.repeat(127)}`]: 'deep',
      [`./${'x'.repeat(120)}`]: 'x',
      [`./${'p'.repeat(90)}/${'q'.repeat(90)}`]: 'in two fields',
      './link': `→ ${'ö'.repeat(200)}`,
    });
  });
});

describe('bytes of a stranger', () => {
  const whole = joinBytes([
    headerBlocks({ type: 'file', path: 'n'.repeat(150), size: 700, mode: 0o644, mtime: 1, target: '' }),
    new Uint8Array(700).fill(65),
    paddingOf(700),
    headerBlocks({ type: 'link', path: 'l', size: 0, mode: 0o777, mtime: 1, target: 'ü'.repeat(60) }),
    headerBlocks({ type: 'folder', path: 'f/', size: 0, mode: 0o755, mtime: 1, target: '' }),
    new Uint8Array(1024),
  ]);
  const outcome = (bytes: Uint8Array, size: number) =>
    read(bytes, size).then(
      () => null,
      (error: unknown) => error,
    );
  const isRefusal = (error: unknown) => error === null || error instanceof ArchiveError;

  it('are read, or refused with an ArchiveError, whatever they are', async () => {
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 8 }),
        fc.nat(whole.length),
        fc.boolean(),
        fc.integer({ min: 1, max: 2000 }),
        async (changes, end, mends, size) => {
          const bytes = whole.slice(0, end);
          for (const [at, byte] of changes) if (at < end) bytes[at] = byte;
          if (mends) for (const at of [0, 1024, 2560]) mendSum(bytes, at);
          expect(isRefusal(await outcome(bytes, size))).toBe(true);
        },
      ),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 300), endOnFailure: true },
    );
  });

  it('are read no further than they are asked for', async () => {
    let pulled = 0;
    async function* endless() {
      yield headerBlocks({ type: 'file', path: 'a', size: 2 ** 32, mode: 0, mtime: 0, target: '' });
      for (;;) {
        pulled += 1;
        yield new Uint8Array(512);
      }
    }
    for await (const { content } of readTar(endless())) {
      for await (const _ of content) if (pulled > 10) break;
      if (pulled > 10) break;
    }
    expect(pulled).toBeLessThan(13);
  });
});

/** Puts the checksum of a header right. */
function mendSum(bytes: Uint8Array, at: number): void {
  if (at + 512 > bytes.length) return;
  const header = bytes.subarray(at, at + 512);
  header.set(Buffer.from('        '), 148);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
}

describe('records of names', () => {
  it('are read by their lengths', () => {
    const value = 'x\n11 size=99\n';
    const records = Buffer.from(`${8 + value.length} path=${value}\n`.replace(/^\d+/, '22'));
    expect(readRecords(records)).toEqual({ path: value });
  });

  it.each([
    '5 path=abc\n',
    '99 path=a\n',
    '0 \n',
    '-1 path=a\n',
    'x path=a\n',
    '9 path=ab',
    '9 mode=7\n',
    'path',
    '1e1 path=a\n',
    '12 size=-1\n',
  ])('are refused as %j', (text) => {
    expect(() => readRecords(Buffer.from(text))).toThrow(ArchiveError);
  });
});
