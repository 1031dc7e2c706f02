/** Archives in the runtime of Workers, where an isolate has little memory: nothing of Node, and no bomb. */
import { makeZip } from '@tinyfat/testing/make-zip';
import { expect, it } from 'vitest';
import { openZip } from './index.ts';

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

async function contents(bytes: Uint8Array): Promise<unknown[]> {
  const zip = openZip(new Uint8Array(bytes), 10);
  if (!zip.ok) return [zip.why];
  return await Promise.all(
    zip.entries.map(async (entry) => [entry.path, entry.kind, entry.executable, text(await entry.read())]),
  );
}

it('is read entry by entry, packed or not', async () => {
  const long = 'a line of a text\n'.repeat(5000);
  const zip = makeZip([
    { name: 'bin/', mode: 0o040755 },
    { name: 'bin/run', content: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'ü', content: long },
    { name: 'stored', content: 'as it is', method: 0 },
    { name: 'empty' },
  ]);
  expect(await contents(zip)).toEqual([
    ['bin/', 'folder', true, ''],
    ['bin/run', 'file', true, '#!/bin/sh\n'],
    ['ü', 'file', false, long],
    ['stored', 'file', false, 'as it is'],
    ['empty', 'file', false, ''],
  ]);
});

it('gives nothing of an entry that is more, less or another one than the directory says', async () => {
  const zeros = new Uint8Array(4 * 1024 * 1024);
  for (const claims of [{ size: 10 }, { size: zeros.length - 1 }, { crc: 1 }]) {
    const [entry] = await contents(makeZip([{ name: 'bomb', content: zeros, claims }]));
    expect(entry).toEqual(['bomb', 'file', false, null]);
  }
  expect(await contents(makeZip([{ name: 'x', content: 'ab', claims: { size: 3 } }]))).toEqual([
    ['x', 'file', false, null],
  ]);
  // The entry itself says another name than the directory.
  const other = makeZip([{ name: 'good', content: 'text' }]);
  other.write('evil', 30, 'latin1');
  expect(await contents(other)).toEqual([['good', 'file', false, null]]);
});

it('is refused where it can not be one, wherever it is cut or changed', async () => {
  const whole = makeZip([{ name: 'a', content: 'text' }, { name: 'b' }]);
  for (let length = 0; length < whole.length; length++) {
    expect(openZip(new Uint8Array(whole.subarray(0, length)), 10).ok).toBe(false);
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = new Uint8Array(whole);
    changed[at] = 0xff;
    const zip = openZip(changed, 10);
    if (zip.ok) for (const entry of zip.entries) if (entry.size < 1000) await entry.read();
  }
  expect(openZip(new Uint8Array(makeZip([{ name: 'a' }], 11)), 10)).toMatchObject({ ok: false });
  expect(openZip(new Uint8Array(makeZip([{ name: 'a' }], 0xffff)), 0xffff)).toMatchObject({
    why: 'it is a zip64 archive',
  });
});
