/** Archives in the runtime of Workers: written and read without anything of Node. */
import { expect, it } from 'vitest';
import { headerBlocks, joinBytes, paddingOf, readTar } from './index.ts';

it('is read as it was written, with names beyond what old headers have room for', async () => {
  const path = `${'ü'.repeat(120)}/${'d'.repeat(200)}`;
  const content = new TextEncoder().encode('content');
  const bytes = joinBytes([
    headerBlocks({
      type: 'file',
      path,
      size: content.length,
      mode: 0o755,
      mtime: 5,
      target: '',
      owner: 1000,
    }),
    content,
    paddingOf(content.length),
    headerBlocks({ type: 'link', path: 'link', size: 0, mode: 0o777, mtime: 5, target: 'ö'.repeat(90) }),
    new Uint8Array(1024),
  ]);
  const found = [];
  for await (const { header, content } of readTar(new Blob([bytes]).stream())) {
    let text = '';
    for await (const piece of content) text += new TextDecoder().decode(piece);
    found.push([header.path, header.mode, header.target, text]);
  }
  expect(found).toEqual([
    [path, 0o755, '', 'content'],
    ['link', 0o777, 'ö'.repeat(90), ''],
  ]);
});
