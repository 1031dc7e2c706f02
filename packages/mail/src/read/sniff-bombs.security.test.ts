/** As many attachments as a mail may have, each made to cost: all are looked at well within the deadline. */

import { deflateRawSync, gzipSync } from 'node:zlib';
import { processorClock } from '@tinyfat/testing/processor-ms';
import { expect, it } from 'vitest';
import { multipartMessage, zip } from '../test-support/files.ts';
import { readMail } from './read-mail.ts';
import { sniffContent } from './sniff-content.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const zeros = Buffer.alloc(8 * 1024 * 1024);
const gzipBomb = gzipSync(zeros).subarray(0, 8_000);
const zipBomb = zip({ name: '[Content_Types].xml', content: zeros.subarray(0, 1024 * 1024) });

/** As many as a mail may have, and the processor time for them, ms. */
const MOST = { files: 1_900, processorMs: 8_000 };
/** For files that cost the same each: a share of the files, in the same share of the time. */
const TENTH = { files: MOST.files / 10, processorMs: MOST.processorMs / 10 };

it.each<[string, Buffer, string | null, typeof MOST]>([
  ['zip bombs', zipBomb, 'application/zip', MOST],
  ['gzip bombs', gzipBomb, 'application/gzip', MOST],
  ['gzip bombs behind a byte order mark', Buffer.concat([Buffer.from('\ufeff'), gzipBomb]), null, MOST],
  [
    'gzip bombs behind an ID3 tag',
    Buffer.concat([latin1('ID3\x04\0\0\0\0\0\0'), gzipBomb]),
    'audio/mpeg',
    MOST,
  ],
  ['ID3 tags without end', latin1('ID3\x04\0\0\0\0\0\0'.repeat(410)), 'audio/mpeg', MOST],
  ['byte order marks without end', Buffer.from('\ufeff'.repeat(1_300)), null, TENTH],
  ['EBML elements without end', latin1(`\x1a\x45\xdf\xa3\x4f\xff${'\xec\x80'.repeat(2_000)}`), null, TENTH],
  [
    'PNG chunks without end',
    latin1(`\x89PNG\r\n\x1a\n\0\0\0\rIHDR${'\0'.repeat(17)}${'\0\0\0\0tEXt\0\0\0\0'.repeat(340)}`),
    'image/png',
    TENTH,
  ],
])('a mail full of %s', async (_, content, type, most) => {
  const headers = ['Content-Type: application/octet-stream; name=a.bin'];
  const parts = Array.from({ length: most.files }, () => ({ headers, content }));
  const raw = multipartMessage('mixed', parts);
  const processorMs = processorClock();
  const read = await readMail(raw, false);
  expect(processorMs()).toBeLessThan(most.processorMs);
  if (!read.ok) throw new Error(read.reason);
  expect(new Set(read.content.attachments.map(({ detectedType }) => detectedType))).toEqual(new Set([type]));
});

it.each<[string, Buffer]>([
  ['a zip file of 300,000 entries that it has not', directoryOf(300_000)],
  ['a zip file whose entries claim lengths beyond its end', directoryOf(1, 0xffff)],
  [
    'a compound file of almost macros',
    Buffer.concat([
      latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
      Buffer.alloc(18e6, Buffer.from('\0V\0B\0A\0_')),
    ]),
  ],
  ['a deflate stream', deflateRawSync(zeros)],
])('%s takes a moment', async (_, content) => {
  const processorMs = processorClock();
  expect(await sniffContent(content)).toMatchObject({ macros: false });
  expect(processorMs()).toBeLessThan(2_000);
});

/** A zip file with a directory that names `entries` empty entries. */
function directoryOf(entries: number, nameLength = 0): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(nameLength, 28);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(46 * entries, 12);
  return Buffer.concat([latin1(`PK\x03\x04${'\0'.repeat(26)}`), Buffer.alloc(46 * entries, header), end]);
}
