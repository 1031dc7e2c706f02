/** Nothing outlives a run or the server: invariants that hold even when the server is killed at any moment. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { testLimits } from '@tinyfat/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bubblewrap } from './bubblewrap.ts';
import type { SandboxRequest } from './contract.ts';
import { removeStaleRuns } from './server-record.ts';
import { cgroupsBelow, writableCgroupFolder } from './test-support/cgroups.ts';
import { type ForeignSandbox, foreignSandbox } from './test-support/foreign-sandbox.ts';
import { processesWith, uniqueSleep, untilNone } from './test-support/host-processes.ts';
import { type Folders, makeFolders } from './test-support/modes.ts';

const ownUid = process.getuid?.() ?? -1;
const isRoot = ownUid === 0;
const cgroupFolder = writableCgroupFolder();
const users = [
  ...(isRoot && cgroupFolder !== null ? [{ name: 'root', uid: 0, cgroups: cgroupFolder }] : []),
  ...(isRoot ? [{ name: 'root without cgroups', uid: 0, cgroups: null }] : []),
  { name: 'an ordinary user', uid: isRoot ? 65534 : ownUid, cgroups: undefined },
];

const cgroupsOf = (server: string) =>
  readdirSync(cgroupFolder ?? '/nowhere')
    .filter((name) => name.startsWith(`tinyfat-${server}`))
    .map((name) => join(cgroupFolder ?? '/nowhere', name));
const serversIn = (runtimeFolder: string) =>
  readdirSync(join(runtimeFolder, 'servers')).map((record) => record.split('-')[0] ?? '');

describe.each(users)('a server of $name', ({ uid, cgroups }) => {
  let folders: Folders;
  let server: ForeignSandbox;
  let runtimeFolder: string;
  beforeAll(async () => {
    folders = await makeFolders(isRoot ? uid : undefined);
  });
  beforeEach(async () => {
    runtimeFolder = await folders.folder();
    await startServer();
  });
  afterEach(async () => {
    await server.close();
    await removeStaleRuns(runtimeFolder);
  });
  afterAll(() => folders.dispose());

  const startServer = async (leaked?: number) => {
    const options = { nodeBinary: process.execPath, runtimeFolder, cgroups };
    server = await foreignSandbox(folders.root, uid, options, leaked);
  };
  const request = async (command: string[], more: Partial<SandboxRequest> = {}): Promise<SandboxRequest> => ({
    runId: 'leftovers',
    dataFolder: await folders.folder(),
    inboxFolder: await folders.folder(),
    platformFolders: {},
    command,
    environment: {},
    limits: testLimits,
    ...more,
  });

  it('that is killed takes its runs with it', async () => {
    const mark = uniqueSleep();
    const script = `trap '' TERM HUP; (setsid sleep ${mark} &); echo begun; sleep ${mark}`;
    const begun = Promise.withResolvers<void>();
    server.sandbox.start(await request(['bash', '-c', script], { onStdout: () => begun.resolve() }));
    await begun.promise;
    expect(processesWith(mark).length).toBeGreaterThan(0);
    server.process.kill('SIGKILL');
    await untilNone(mark);
  });

  it('that is killed at any moment of a run’s start leaves no program running', async () => {
    for (const milliseconds of [0, 2, 5, 9, 13]) {
      const mark = uniqueSleep();
      server.sandbox.start(await request(['sleep', mark]));
      await pause(milliseconds);
      server.process.kill('SIGKILL');
      await once(server.process, 'exit');
      await untilNone(mark);
      await startServer();
    }
  });

  it('that was started with a descriptor too many gives it to no run', async () => {
    await server.close();
    const folder = await folders.folder();
    const leaked = openSync(folder, 'r');
    await startServer(leaked);
    closeSync(leaked);
    expect(existsSync(`/proc/${server.process.pid}/fd/40`)).toBe(true);
    const script =
      'for f in /proc/self/fd/*; do [ -e $f ] && basename $f; done; cat /proc/1/fd/40/x 2>/dev/null; echo "$@"';
    const result = await server.sandbox.start(await request(['bash', '-c', script, 'x', 'a b', '$c']))
      .finished;
    expect(result.stdout).toBe('0\n1\n2\na b $c\n');
  });
});

describe.skipIf(cgroupFolder === null)('the cgroups of a server', () => {
  let folders: Folders;
  beforeEach(async () => {
    folders = await makeFolders();
  });
  afterEach(() => folders.dispose());

  const request = async (command: string[], onStdout?: () => void): Promise<SandboxRequest> => ({
    runId: 'cgroups',
    dataFolder: await folders.folder(),
    inboxFolder: await folders.folder(),
    platformFolders: {},
    command,
    environment: {},
    limits: testLimits,
    ...(onStdout ? { onStdout } : {}),
  });
  const serverWithRun = async (runtimeFolder: string) => {
    const begun = Promise.withResolvers<void>();
    const options = { nodeBinary: process.execPath, runtimeFolder, cgroups: cgroupFolder };
    const server = await foreignSandbox(folders.root, ownUid, options);
    const command = ['bash', '-c', 'echo begun; sleep 600'];
    const run = server.sandbox.start(await request(command, () => begun.resolve()));
    await begun.promise;
    const name = serversIn(runtimeFolder).at(-1) ?? '';
    return { server, run, name };
  };

  it('hold its runs, and are gone when a run is', async () => {
    const runtimeFolder = join(folders.root, 'runtime');
    const cgroups = cgroupsBelow(cgroupFolder ?? '');
    const sandbox = bubblewrap({ nodeBinary: process.execPath, runtimeFolder, cgroups });
    const during: string[][] = [];
    const running = sandbox.start(
      await request(['bash', '-c', 'echo begun; sleep 0.05'], () => {
        during.push(cgroupsOf(serversIn(runtimeFolder)[0] ?? ''));
      }),
    );
    expect((await running.finished).exitCode).toBe(0);
    expect(during[0]).toHaveLength(1);
    expect(cgroupsOf(serversIn(runtimeFolder)[0] ?? '')).toEqual([]);
  });

  it('are removed by the next one after a kill -9, with what is still inside', async () => {
    const runtimeFolder = join(folders.root, 'runtime');
    await mkdir(runtimeFolder);
    const { server, name } = await serverWithRun(runtimeFolder);
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    const left = cgroupsOf(name);
    expect(left).toHaveLength(1);

    const straggler = spawn('sleep', ['600'], { stdio: 'ignore' });
    const ended = once(straggler, 'exit');
    for (const folder of left) writeFileSync(join(folder, 'cgroup.procs'), String(straggler.pid));

    expect(await removeStaleRuns(runtimeFolder)).toBe(left.length);
    expect((await ended)[1]).toBe('SIGKILL');
    expect(cgroupsOf(name)).toEqual([]);
    expect(serversIn(runtimeFolder)).toEqual([]);
  });

  it('are left alone while that one lives, and by servers with another runtime folder', async () => {
    const runtimeFolder = join(folders.root, 'runtime');
    const other = join(folders.root, 'other');
    for (const folder of [runtimeFolder, other]) await mkdir(folder);
    const { server, run, name } = await serverWithRun(runtimeFolder);
    expect(await removeStaleRuns(runtimeFolder)).toBe(0);
    expect(await removeStaleRuns(other)).toBe(0);
    expect(cgroupsOf(name)).toHaveLength(1);
    run.cancel();
    expect((await run.finished).stopped).toBe('cancelled');
    await server.close();
  });
});

describe.skipIf(!isRoot)('as root', () => {
  it('folders below one that only root can enter are shown', async () => {
    const folders = await makeFolders();
    try {
      const closed = join(folders.root, 'closed');
      const [data, inbox, platform] = ['data', 'inbox', 'platform'].map((name) => join(closed, name));
      if (data === undefined || inbox === undefined || platform === undefined) throw new Error('no folders');
      for (const folder of [closed, data, inbox, platform]) await mkdir(folder, { mode: 0o755 });
      await writeFile(join(platform, 'main.js'), 'console.log("read")', { mode: 0o644 });
      chmodSync(data, 0o777);
      chmodSync(closed, 0o700);
      const sandbox = bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(closed, 'runtime') });
      const result = await sandbox.start({
        runId: 'closed',
        dataFolder: data,
        inboxFolder: inbox,
        platformFolders: { '/opt/deep/step-mom': platform },
        command: ['bash', '-c', 'node /opt/deep/step-mom/main.js; echo written > /data/file; ls /data'],
        environment: {},
        limits: testLimits,
      }).finished;
      expect(result).toMatchObject({ stdout: 'read\nfile\n', exitCode: 0 });
    } finally {
      await folders.dispose();
    }
  });
});
