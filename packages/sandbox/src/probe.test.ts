import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { testLimits } from '@tinyfat/contracts';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { bubblewrap } from './bubblewrap.ts';
import { copySources, readableNode } from './test-support/foreign-sandbox.ts';
import { type Folders, makeFolders, modes } from './test-support/modes.ts';

describe.each(modes)('the probe ($name)', (mode) => {
  it('says how runs are isolated and limited', async () => {
    const fixture = await mode.make();
    onTestFinished(() => fixture.dispose());
    const probe = await fixture.sandbox.probe();
    const who = mode.name === 'as an ordinary user' ? 'a user namespace' : `uid ${fixture.uid}`;
    expect(probe).toMatchObject({ ok: true, detail: expect.stringContaining(who) });
    if (!mode.cgroups) expect(probe).toMatchObject({ detail: expect.stringContaining('watchdog') });
  });
});

describe('the probe', () => {
  let folders: Folders;
  beforeEach(async () => {
    folders = await makeFolders();
  });
  afterEach(() => folders.dispose());

  it('names the package that is missing', async () => {
    const programFolders = [await folders.folder()];
    const runtimeFolder = join(folders.root, 'runtime');
    const sandbox = bubblewrap({ nodeBinary: process.execPath, runtimeFolder, programFolders });
    expect(await sandbox.probe()).toMatchObject({
      ok: false,
      reason: expect.stringContaining('bubblewrap'),
      fix: expect.stringMatching(/apt-get install -y bubblewrap$/),
    });
    const [programs = ''] = programFolders;
    await writeFile(join(programs, 'bwrap'), '');
    const another = bubblewrap({ nodeBinary: process.execPath, runtimeFolder, programFolders });
    expect(await another.probe()).toMatchObject({
      ok: false,
      fix: expect.stringMatching(/install -y util-linux$/),
    });
  });

  it('says that bwrap can not be executed, with its mode, and blames nothing else', async () => {
    const programs = await folders.folder();
    const bwrap = join(programs, 'bwrap');
    await writeFile(bwrap, '');
    await chmod(bwrap, 0o000);
    const sandbox = bubblewrap({
      nodeBinary: process.execPath,
      runtimeFolder: join(folders.root, 'runtime'),
      programFolders: [programs, '/usr/bin', '/bin'],
    });
    // Where the system has a good one, that is taken.
    expect(await sandbox.probe()).toMatchObject({ ok: true });
    await symlink('/usr/bin/prlimit', join(programs, 'prlimit'));
    await symlink('/usr/bin/setpriv', join(programs, 'setpriv'));
    const alone = bubblewrap({
      nodeBinary: process.execPath,
      runtimeFolder: join(folders.root, 'runtime'),
      programFolders: [programs],
    });
    const probe = await alone.probe();
    expect(probe).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`${bwrap} can not be executed by this user (its mode is 0000)`),
      fix: `sudo chmod 755 ${bwrap}`,
    });
    expect(JSON.stringify(probe)).not.toContain('namespace');
  });

  it('says that bubblewrap is too old, with its version', async () => {
    const programs = await folders.folder();
    const bwrap = join(programs, 'bwrap');
    await writeFile(
      bwrap,
      '#!/bin/sh\n[ "$1" = --version ] && echo "bubblewrap 0.4.1" && exit\necho "bwrap: Unknown option --size" >&2\nexit 1\n',
    );
    await chmod(bwrap, 0o755);
    // The program belongs to this user, which is refused for an ordinary one before anything is started.
    const isRoot = process.getuid?.() === 0;
    const sandbox = bubblewrap({
      nodeBinary: process.execPath,
      runtimeFolder: join(folders.root, 'runtime'),
      programFolders: [programs, '/usr/bin', '/bin'],
    });
    expect(await sandbox.probe()).toMatchObject({
      ok: false,
      reason: expect.stringContaining(isRoot ? 'bubblewrap 0.4.1 is too old' : 'belongs to the user'),
    });
  });

  it('refuses when Node can’t be shown', async () => {
    const runtimeFolder = join(folders.root, 'runtime');
    const sandbox = bubblewrap({ nodeBinary: join(folders.root, 'no-node'), runtimeFolder });
    expect(await sandbox.probe()).toMatchObject({ ok: false, reason: expect.stringContaining('no-node') });
  });
});

describe('where the kernel gives no user namespaces', () => {
  it('the probe refuses, and so does every run', async () => {
    const isRoot = process.getuid?.() === 0;
    const folders = await makeFolders();
    try {
      const work = await folders.folder();
      const sources = await copySources(join(folders.root, 'sources'));
      const node = await readableNode(folders.root);
      const program = `import('${sources}/src/index.ts').then(async ({ bubblewrap }) => {
        const sandbox = bubblewrap({ nodeBinary: process.execPath, runtimeFolder: '${work}/runtime' });
        const probe = await sandbox.probe();
        const run = sandbox.start({ runId: 'inner', dataFolder: '${work}', inboxFolder: '${work}', platformFolders: {},
          command: ['touch', '/data/ran'], environment: {}, limits: ${JSON.stringify(testLimits)} });
        const refusal = await run.finished.then(() => 'it ran', (error) => error.message);
        console.log(JSON.stringify({ probe, refusal }));
      })`;
      // A user namespace in which the kernel gives no more of them, as on a hardened host.
      const words = ['--unshare-user', '--disable-userns', '--uid', '1000', '--gid', '1000', '--unshare-pid'];
      const mounts = ['--dev-bind', '/', '/', '--proc', '/proc', '--chdir', '/', '--'];
      const child = spawn('bwrap', [...words, ...mounts, node, '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: '/usr/bin:/bin' },
        ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
      });
      const said = await text(child.stdout);
      expect(JSON.parse(said)).toMatchObject({
        probe: { ok: false, reason: expect.stringMatching(/namespace/), fix: expect.stringMatching(/\S/) },
        refusal: expect.stringMatching(/could not be set up.*namespace/s),
      });
      expect(existsSync(join(work, 'ran'))).toBe(false);
    } finally {
      await folders.dispose();
    }
  });
});

it.skipIf(process.getuid?.() !== 0)('a sandbox is never made with root inside', () => {
  const options = { nodeBinary: process.execPath, runtimeFolder: '/tmp/never-made' };
  for (const ids of [{ uid: 0 }, { gid: 0 }, { uid: -1 }])
    expect(() => bubblewrap({ ...options, ...ids })).toThrow(/never entered as root/);
});
