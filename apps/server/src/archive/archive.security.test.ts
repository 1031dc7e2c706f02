/** Archives written and read back, read by tar(1), and what a hostile or damaged one comes to. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArchiveError } from '@tinyfat/storage/tar';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readArchive } from './read-archive.ts';
import { type EntryHead, partHash, writeArchive } from './write-archive.ts';

function folder(): string {
  const made = mkdtempSync(join(scratchFolder(), 'tinyfat-tar-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
async function* pieces(bytes: Uint8Array, size = 1000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
type Item = [path: string, head: EntryHead, text?: string];
const file = (path: string, text: string, executable = false): Item => [
  path,
  { kind: 'file', modifiedAt: 5000, executable, size: Buffer.byteLength(text) },
  text,
];

async function make(items: Item[], end = true): Promise<Buffer> {
  const out: Uint8Array[] = [];
  const archive = writeArchive(async (bytes) => void out.push(Buffer.from(bytes)));
  for (const [path, head, text = ''] of items) {
    await archive.add('top/', path, head, null, pieces(Buffer.from(text)));
  }
  if (end) await archive.end();
  return Buffer.concat(out);
}
async function read(bytes: Uint8Array, size?: number) {
  const found: { path: string; head: EntryHead; text: string; sha256: string }[] = [];
  for await (const entry of readArchive(pieces(bytes, size))) {
    let text = '';
    for await (const piece of entry.content) text += Buffer.from(piece).toString('latin1');
    found.push({ path: entry.path, head: entry.head, text, sha256: entry.sha256() });
  }
  return found;
}

const ITEMS: Item[] = [
  ['folder', { kind: 'folder', modifiedAt: 1000 }],
  file('folder/plain.txt', 'text'),
  file('folder/run', '#!', true),
  file('empty', ''),
  file('large', 'x'.repeat(200_000)),
  ['link', { kind: 'link', modifiedAt: 1000, target: '../elsewhere' }],
  file(`${'long'.repeat(40)}/${'ö'.repeat(100)}`, 'of a long name'),
  ['long-link', { kind: 'link', modifiedAt: 1000, target: 'ü'.repeat(300) }],
  file('line\nbreak\u007f\u00ff', 'odd'),
  file('x\n22 size=999999999999\n', 'a name that looks like a field'),
];

describe('an archive', () => {
  it.each([1, 512, 7777, 1_000_000])('is read as it was written, in pieces of %i bytes', async (size) => {
    const bytes = await make(size === 1 ? ITEMS.filter(([path]) => path !== 'large') : ITEMS);
    const found = await read(bytes, size);
    const wanted = size === 1 ? ITEMS.filter(([path]) => path !== 'large') : ITEMS;
    expect(found.map(({ path, head, text }) => [path, head, text])).toEqual(
      wanted.map(([path, head, text = '']) => [`top/${path}`, head, text]),
    );
  });

  it('is what tar(1) unpacks', async () => {
    const place = folder();
    writeFileSync(join(place, 'a.tar'), await make(ITEMS));
    execFileSync('tar', ['-xf', 'a.tar'], { cwd: place });
    expect(readFileSync(join(place, 'top/folder/plain.txt'), 'utf8')).toBe('text');
    expect(readFileSync(join(place, 'top', 'long'.repeat(40), 'ö'.repeat(100)), 'utf8')).toBe(
      'of a long name',
    );
    expect(readFileSync(join(place, 'top/x\n22 size=999999999999\n'), 'utf8')).toBe(
      'a name that looks like a field',
    );
    expect(readlinkSync(join(place, 'top/long-link'))).toBe('ü'.repeat(300));
  });

  it('holds a file at the length that it had, also when it grew or shrank meanwhile', async () => {
    const out: Uint8Array[] = [];
    const archive = writeArchive(async (bytes) => void out.push(Buffer.from(bytes)));
    const head: EntryHead = { kind: 'file', modifiedAt: 0, executable: false, size: 4 };
    const part = partHash();
    expect(await archive.add('', 'grew', head, part, pieces(Buffer.from('123456'), 3))).toBe(true);
    const broken = (async function* () {
      yield Buffer.from('12');
      throw new Error('the file became shorter');
    })();
    expect(await archive.add('', 'shrank', head, part, broken)).toBe(false);
    await archive.end();
    const found = await read(Buffer.concat(out));
    expect(found.map(({ text }) => text)).toEqual(['1234', '12\0\0']);
    const again = partHash();
    for (const { path, head: seen, sha256 } of found) again.add(path, seen, sha256);
    expect(again.sum()).toEqual(part.sum());
    expect(part.sum()).toMatchObject({ files: 2, bytes: 8 });
  });
});

/** Puts the checksum of the first header right. */
function mendSum(bytes: Buffer): Buffer {
  bytes.write('        ', 148, 'latin1');
  const sum = bytes.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

describe('of a stranger', () => {
  const refusal = (bytes: Uint8Array) =>
    read(bytes).then(
      () => 'was read',
      (error) => {
        expect(error).toBeInstanceOf(ArchiveError);
        return error.message;
      },
    );

  it('compressed, or something else, it is refused by its first block', async () => {
    expect(await refusal(gzipSync(await make(ITEMS)))).toMatch(/compressed.*gunzip/);
    expect(await refusal(Buffer.from('PK\u0003\u0004'.repeat(400)))).toMatch(/no archive of tinyfat/);
    expect(await refusal(Buffer.alloc(10))).toMatch(/no archive of tinyfat/);
    expect(await refusal(Buffer.alloc(0))).toMatch(/no archive of tinyfat/);
  });

  it('cut off anywhere within an entry it is refused', async () => {
    const bytes = await make(ITEMS, false);
    for (const at of [700, 1300, 50_000, bytes.length - 300]) {
      expect(await refusal(bytes.subarray(0, at)), String(at)).toMatch(/damaged or cut off/);
    }
  });

  it('with a wrong checksum, a device, a hard link or a sparse file it is refused', async () => {
    const change = async (at: number, value: string, mend: boolean) => {
      const bytes = await make([file('a', 'text')]);
      bytes.write(value, at, 'latin1');
      return mend ? mendSum(bytes) : bytes;
    };
    expect(await refusal(await change(0, 'b', false))).toMatch(/damaged/);
    for (const type of ['1', '3', '4', '6', 'S', 'Z']) {
      expect(await refusal(await change(156, type, true)), type).toMatch(/did not write/);
    }
  });

  it('with names that take more than a name can have it is refused', async () => {
    await expect(make([file('n'.repeat(20_000), 'x')])).rejects.toThrow('longer than any file system has');
    const bytes = await make([file('n'.repeat(200), 'x')]);
    bytes.write('00077777777', 124, 'latin1');
    expect(await refusal(mendSum(bytes))).toMatch(/damaged.*too long/);
  });
});
