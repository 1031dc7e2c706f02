/** Copying in the runtime of Workers, from and to R2. The container is a function. */
import { env } from 'cloudflare:workers';
import type { R2Bucket } from '@cloudflare/workers-types';
import { sha256Hex } from '@tinyfat/core';
import { openR2Bucket } from '@tinyfat/storage';
import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import { headerBlocks, joinBytes, paddingOf, readTar } from '@tinyfat/storage/tar';
import { expect, it } from 'vitest';
import { fakeContainer, listed, output } from '../../test-support/fake-container.ts';
import { copyIn, copyOut } from './index.ts';

const DATA = env.DATA as R2Bucket;
const SIZE = 5_000_000;

it('takes a folder out of R2 and brings it back, a large file as a stream', async () => {
  const bucket = openR2Bucket(DATA, { clock: Date.now, random: () => -1 });
  const prefix = 'agents/copied/';
  const common = { bucket, prefix, bounds: COPY_BOUNDS, clock: Date.now };
  const large = new Uint8Array(SIZE).fill(7);
  await bucket.put(`${prefix}MEMORY.md`, 'memory');
  await bucket.put(`${prefix}large`, large);
  await bucket.put(`${prefix}link`, '', { meta: { link: 'MEMORY.md' } });
  const found: Record<string, number | string> = {};
  const unpacking = fakeContainer(async (_, stdin) => {
    for await (const { header, content } of readTar(stdin ?? output(''))) {
      let bytes = 0;
      for await (const piece of content) bytes += piece.length;
      found[header.path] = header.type === 'link' ? header.target : bytes;
    }
    return output(listed('.', 0, 'd') + listed('./MEMORY.md', 6));
  });
  const copied = await copyIn({ ...common, container: unpacking, sessionId: '' });
  expect(found).toMatchObject({ './MEMORY.md': 6, './large': SIZE, './link': 'MEMORY.md', './skills/': 0 });
  expect(copied.get('MEMORY.md')?.state).toBe('1 1.0 6');

  const changed = large.fill(8);
  const packed = joinBytes([
    headerBlocks({ type: 'file', path: './new', size: 3, mode: 0o644, mtime: 0, target: '' }),
    new TextEncoder().encode('new'),
    paddingOf(3),
    new Uint8Array(1024),
  ]);
  const sum = await sha256Hex(changed);
  const packing = fakeContainer(async (command) => {
    if (command.includes('find'))
      return output(listed('./MEMORY.md', 6) + listed('./new', 3) + listed('./large', SIZE));
    if (command.includes('sha256sum')) return output(`${sum}  ./large`);
    return output(command.includes('head') ? changed : packed);
  });
  const out = await copyOut({ ...common, container: packing, copied, runId: 'run-1' });
  expect(out).toEqual({ bytes: 6 + 3 + SIZE, warnings: [], changed: 2, gone: 1 });
  expect((await bucket.head(`${prefix}large`))?.meta).toEqual({ sha256: sum });
  expect(await bucket.head(`${prefix}link`)).toBeNull();
});
