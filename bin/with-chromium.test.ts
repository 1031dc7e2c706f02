/** The launcher of the tests' browser on machines with and without one. Programs of the machine are stand-ins. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'with-chromium');
const SHELL = 'chromium-headless-shell';
/** What the script needs of every machine. */
const TOOLS = ['mktemp', 'rm', 'sh'];

describe('with-chromium', () => {
  let root: string;
  let path: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-chromium-'));
    path = join(root, 'path');
    await mkdir(join(root, 'bin'));
    await mkdir(path);
    await copyFile(SCRIPT, join(root, 'bin/with-chromium'));
    for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(path, tool));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function program(name: string, body: string): Promise<string> {
    const file = join(path, name);
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  }
  const uid = (number: number) => program('id', `echo ${number}`);
  /** Installs when lists of packages are there; `update` fetches them. Keeps what it was asked. */
  const debian = () =>
    program(
      'apt-get',
      `echo "$*" >>"${root}/asked"
if [ "$1" = update ]; then : >"${root}/lists"; exit; fi
[ -e "${root}/lists" ] || exit 100
echo '#!/bin/sh' >"${path}/${SHELL}"
/usr/bin/chmod +x "${path}/${SHELL}"`,
    );
  const run = (env: Record<string, string> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const words = [join(root, 'bin/with-chromium'), 'sh', '-c', 'echo "$CHROMIUM_PATH"'];
      execFile('/bin/sh', words, { env: { PATH: path, ...env } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout: stdout.trim(), stderr }),
      );
    });
  const INSTALL = `install -y --no-install-recommends ${SHELL}`;

  it('takes the chromium in PATH, whoever runs it', async () => {
    await uid(1000);
    const chromium = await program('chromium', '');
    expect(await run()).toMatchObject({ code: 0, stdout: chromium, stderr: '' });
  });

  it('takes the one that CHROMIUM names, and no other when that is missing', async () => {
    await program('chromium', '');
    const other = await program('other', '');
    expect((await run({ CHROMIUM: other })).stdout).toBe(other);
    const missing = await run({ CHROMIUM: '/no/browser' });
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('CHROMIUM names /no/browser');
  });

  it('tells an ordinary user the line to run, and runs nothing', async () => {
    await uid(1000);
    await debian();
    const { code, stdout, stderr } = await run();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`sudo sh -c 'apt-get update && apt-get ${INSTALL}'`);
    await expect(readFile(join(root, 'asked'))).rejects.toThrow('ENOENT');
  });

  it('installs it as root, with new lists of packages only where they are needed', async () => {
    await uid(0);
    await debian();
    expect(await run()).toMatchObject({ code: 0, stdout: join(path, SHELL) });
    expect(await readFile(join(root, 'asked'), 'utf8')).toBe(`${INSTALL}\nupdate\n${INSTALL}\n`);
    await rm(join(path, SHELL));
    await rm(join(root, 'asked'));
    expect((await run()).code).toBe(0);
    expect(await readFile(join(root, 'asked'), 'utf8')).toBe(`${INSTALL}\n`);
  });

  it('goes on with the whole browser where the shell can not be installed', async () => {
    await uid(0);
    await program('apt-get', `echo "$*" >>"${root}/asked"; exit 100`);
    const chromium = await program('chromium', '');
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([0, chromium]);
    expect(await readFile(join(root, 'asked'), 'utf8')).toBe(`${INSTALL}\n`);
    await rm(/see (\S+)\)/.exec(stderr)?.[1] ?? '');
  });

  it('says what failed where it can not be installed', async () => {
    await uid(0);
    await program('apt-get', 'echo no network; exit 100');
    const { code, stderr } = await run();
    expect(code).toBe(1);
    const log = /see (\S+)\)/.exec(stderr)?.[1] ?? '';
    expect(log.startsWith(root)).toBe(false);
    expect(await readFile(log, 'utf8')).toContain('no network');
    await rm(log);
  });
});
