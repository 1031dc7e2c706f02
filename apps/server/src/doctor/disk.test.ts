/** Room and kind of the file system, where they are not as they should be. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskCheck, kindOf } from './disk.ts';
import { look, testFolder } from './test-support/look.ts';

const MIB = 1024 ** 2;
const mounts = (kind: string) => `1 0 8:1 / / rw shared:1 - ${kind} /dev/sda1 rw\n`;
const check = (bytes: number, inodes: number, kind = 'ext4') =>
  look(
    diskCheck({
      dataDir: testFolder(),
      room: async () => ({ bsize: 4096, bavail: bytes / 4096, files: 1_000_000, ffree: inodes }),
      mounts: () => mounts(kind),
    }),
  );

it('with room is ok, full is broken, and nearly full a note', async () => {
  expect(await check(5000 * MIB, 500_000)).toMatchObject([
    { check: 'disk', state: 'ok', found: '4.9 GiB and 500,000 inodes free (ext4)' },
  ]);
  expect(await check(63 * MIB, 500_000)).toMatchObject([
    { state: 'broken', found: expect.stringContaining('63 MiB') },
  ]);
  expect(await check(5000 * MIB, 999)).toMatchObject([
    { state: 'broken', found: expect.stringContaining('999 inodes') },
  ]);
  expect(await check(500 * MIB, 500_000)).toMatchObject([{ state: 'note' }]);
  expect(await check(5000 * MIB, 5000)).toMatchObject([{ state: 'note' }]);
});

it('of a network, in memory, or in the layer of a container is a note', async () => {
  for (const kind of ['nfs4', 'cifs', 'fuse.sshfs', '9p', 'tmpfs', 'overlay'])
    expect(await check(5000 * MIB, 500_000, kind)).toMatchObject([
      { state: 'ok' },
      { check: 'file system', state: 'note', found: expect.stringContaining(`(${kind})`) },
    ]);
});

it('is that of the folder above where the folder is not there yet', async () => {
  const above = testFolder();
  const asked: string[] = [];
  const room = async (path: string) => {
    asked.push(path);
    return await statfs(path);
  };
  await look(diskCheck({ dataDir: join(above, 'not', 'there'), room }));
  expect(asked).toEqual([above]);
});

it('is the last mount over the nearest folder, whose name may have blanks', () => {
  const text = [
    '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
    '2 1 0:2 / /srv/my\\040mail rw master:1 - tmpfs tmpfs rw',
    '3 1 0:3 / /srv/my\\040mail rw shared:5 master:1 - nfs4 host:/x rw',
  ].join('\n');
  expect(kindOf(text, '/srv/my mail/data')).toBe('nfs4');
  expect(kindOf(text, '/srv/my mail')).toBe('nfs4');
  expect(kindOf(text, '/srv/my mailbox')).toBe('ext4');
});
