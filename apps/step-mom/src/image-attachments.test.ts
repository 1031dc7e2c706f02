import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readImages, sniffImageType } from './image-attachments.ts';
import { makeTurn } from './test-support/fixture.ts';
import { png } from './test-support/png.ts';
import { makeAttachment } from './test-support/turn-folder.ts';

test.each<[string, Uint8Array, string | null]>([
  ['PNG', png(1, 1), 'image/png'],
  ['JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]), 'image/jpeg'],
  ['GIF', Buffer.from('GIF89a....'), 'image/gif'],
  ['WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8 '), 'image/webp'],
  ['another RIFF', Buffer.from('RIFF\0\0\0\0WAVEfmt '), null],
  ['SVG', Buffer.from('<svg xmlns="x"></svg>'), null],
  ['nothing', Buffer.alloc(0), null],
  ['packed bytes', deflateSync('x'), null],
])('%s is recognised by its first bytes', (_, bytes, type) => {
  expect(sniffImageType(bytes)).toBe(type);
});

test('images go into the prompt, whatever the mail calls them; other files do not', async () => {
  const { api, folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const place = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder.inbox, 'attachments', name);
    writeFileSync(path, bytes);
    return path;
  };
  const attachments = [
    makeAttachment({ filename: 'photo.bin', path: place('1', png(8, 8)) }),
    makeAttachment({
      filename: 'fake.png',
      content_type: 'image/png',
      path: place('2', 'no image at all'),
    }),
  ];
  await folder.take({ email: { attachments } });
  const content = api.requests[0]?.body.messages[0]?.content;
  const blocks = Array.isArray(content) ? content : [];
  const images = blocks.filter(({ type }) => type === 'image');
  expect(images).toHaveLength(1);
  expect(images[0].source.media_type).toBe('image/png');
  expect(blocks[0].text).toMatch(
    /- "\/.*\/1" \(100 bytes, said to be application\/octet-stream, shown below\)\n/,
  );
  expect(blocks[0].text).toMatch(/- "\/.*\/2" \(100 bytes, said to be image\/png\)\n/);
});

test('at most ten images, none above 5 MB, and none that is not there', async () => {
  const { folder } = await makeTurn(() => ({ kind: 'text', text: 'ok' }));
  const file = (name: string) =>
    makeAttachment({ filename: name, path: join(folder.inbox, 'attachments', name) });
  const many = Array.from({ length: 12 }, (_, index) => file(`${index}`));
  for (const { path } of many) writeFileSync(path, png(1, 1));
  expect((await readImages(many)).images).toHaveLength(10);

  const big = file('big');
  writeFileSync(big.path, Buffer.concat([png(1, 1), Buffer.alloc(5 * 1024 * 1024)]));
  const link = file('link');
  symlinkSync('/nowhere', link.path);
  const { images } = await readImages([big, link, file('missing'), { ...file('0'), size: 6_000_000 }]);
  expect(images).toHaveLength(0);
});
