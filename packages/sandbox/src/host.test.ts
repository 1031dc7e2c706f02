import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareHost } from './host.ts';

it('each run sees the configuration of what was installed after the start', async () => {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-host-'));
  try {
    const etc = join(root, 'etc');
    await mkdir(etc);
    const options = {
      nodeBinary: process.execPath,
      runtimeFolder: join(root, 'runtime'),
      cgroups: null,
      etc,
    };
    const host = await prepareHost(options, { uid: 4242, gid: 4242, root: false });
    if ('missing' in host) throw new Error(host.missing);
    const shown = async () => {
      const { system } = host.view();
      return await readdir(system[system.indexOf('/etc') - 1] ?? '');
    };
    expect(await shown()).not.toContain('mime.types');
    await writeFile(join(etc, 'mime.types'), '');
    expect(await shown()).toContain('mime.types');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
