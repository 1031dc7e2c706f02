/** The launcher of the tests' proxies on machines with and without them. Programs of the machine are stand-ins. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'with-proxies');
/** What the script needs of every machine. */
const TOOLS = 'chmod dirname mkdir mktemp mv rm sh timeout'.split(' ');

describe('with-proxies', () => {
  let root: string;
  let path: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-proxies-'));
    path = join(root, 'path');
    await mkdir(join(root, 'bin'));
    await mkdir(path);
    await copyFile(SCRIPT, join(root, 'bin/with-proxies'));
    for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(path, tool));
    await program('id', 'echo 1000');
  });
  afterEach(() => rm(root, { recursive: true }));

  async function program(name: string, body: string): Promise<string> {
    const file = join(path, name);
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  }
  /** Downloads when lists of packages are there; `update` fetches them. Keeps what it was asked. */
  async function debian(): Promise<void> {
    const lists = join(root, 'lists');
    await program(
      'apt-get',
      `echo "$*" >>"${root}/asked"
case "$1" in update) : >"${lists}" ;; download) [ -e "${lists}" ] && : >"$2_1_amd64.deb" ;; esac`,
    );
    await program(
      'dpkg',
      `name=\${2%%_*}
mkdir -p "$3/usr/bin"
echo '#!/bin/sh' >"$3/usr/bin/$name"
chmod +x "$3/usr/bin/$name"`,
    );
  }
  const asked = () => readFile(join(root, 'asked'), 'utf8').catch(() => '');
  const run = () =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const words = [join(root, 'bin/with-proxies'), 'sh', '-c', 'echo "$NGINX_PATH,$CADDY_PATH"'];
      execFile('/bin/sh', words, { env: { PATH: path } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout: stdout.trim(), stderr }),
      );
    });
  const unpacked = (name: string) => join(root, '.runtime/proxies', name, 'usr/bin', name);

  it('takes those in PATH, and fetches nothing', async () => {
    await debian();
    const [nginx, caddy] = [await program('nginx', ''), await program('caddy', '')];
    expect(await run()).toEqual({ code: 0, stdout: `${nginx},${caddy}`, stderr: '' });
    expect(await asked()).toBe('');
  });

  it('unpacks those of Debian once, whoever runs it, and installs nothing', async () => {
    await debian();
    await writeFile(join(root, 'lists'), '');
    const both = `${unpacked('nginx')},${unpacked('caddy')}`;
    expect(await run()).toMatchObject({ code: 0, stdout: both });
    expect(await run()).toEqual({ code: 0, stdout: both, stderr: '' });
    expect(await asked()).toBe('download nginx\ndownload caddy\n');
  });

  it('fetches lists of packages as root alone', async () => {
    await debian();
    expect(await run()).toMatchObject({ code: 0, stdout: ',' });
    expect(await asked()).toBe('download nginx\ndownload caddy\n');
    await program('id', 'echo 0');
    expect(await run()).toMatchObject({ code: 0, stdout: `${unpacked('nginx')},${unpacked('caddy')}` });
  });

  it('goes on without those that can not be had, and says so', async () => {
    const caddy = await program('caddy', '');
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([0, `,${caddy}`]);
    expect(stderr).toContain('nginx is not here, so its tests are skipped: apt-get install nginx');
  });

  it('takes none that does not start', async () => {
    await program('nginx', 'echo "no libpcre2-8.so.0" >&2; exit 127');
    await program('caddy', '');
    expect((await run()).stdout).toBe(`,${join(path, 'caddy')}`);
    expect(existsSync(join(root, '.runtime'))).toBe(false);
  });
});
