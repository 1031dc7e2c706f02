/** The launcher of the tests' Postgres on machines with and without one. Programs of the machine are stand-ins. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'with-postgres');
/** What the script needs of every machine. */
const TOOLS = 'chmod dirname grep mkdir mktemp mv rm sed sh timeout'.split(' ');
const SERVER = ['initdb', 'pg_ctl', 'postgres'];

describe('with-postgres', () => {
  let root: string;
  let path: string;
  /** Stands for the folders of the machine where packages put them. */
  let machine: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-with-postgres-'));
    path = join(root, 'path');
    machine = join(root, 'machine');
    await mkdir(join(root, 'bin'));
    await mkdir(path);
    const script = await readFile(SCRIPT, 'utf8');
    await writeFile(
      join(root, 'bin/with-postgres'),
      script
        .replaceAll('/usr/lib/postgresql/*/bin;', `${machine}/*/bin;`)
        .replaceAll(' /usr/sbin/', ` ${machine}/sbin/`),
    );
    for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(path, tool));
    await program(join(path, 'id'), 'echo 1000');
  });
  afterEach(() => rm(root, { recursive: true }));

  async function program(file: string, body: string): Promise<string> {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  }
  async function server(folder: string, version: string): Promise<string> {
    for (const name of SERVER) await program(join(folder, name), `echo "${name} (PostgreSQL) ${version}"`);
    return folder;
  }
  const pgbouncer = (folder: string) => program(join(folder, 'pgbouncer'), 'echo PgBouncer');
  /** Knows packages when its lists are there; `update` fetches them. Keeps what it was asked. */
  async function debian(packages: string[]): Promise<void> {
    const lists = join(root, 'lists');
    await program(
      join(path, 'apt-get'),
      `echo "$*" >>"${root}/asked"
[ "$1" != update ] || { : >"${lists}"; exit; }
[ -e "${lists}" ] || exit 100
case "$1" in
install) printf 'Inst %s (1 Debian)\\n' ${packages.join(' ')} ;;
download) shift && for name; do : >"$name.deb"; done ;;
esac`,
    );
    await program(
      join(path, 'dpkg'),
      `name=\${2##*/}
put() { mkdir -p "$1" && printf '#!/bin/sh\\necho "x (PostgreSQL) 17.2 $LD_LIBRARY_PATH"\\n' >"$1/$2" && chmod +x "$1/$2"; }
case "$name" in
postgresql-17.deb) for one in ${SERVER.join(' ')}; do put "$3/usr/lib/postgresql/17/bin" "$one"; done ;;
pgbouncer.deb) put "$3/usr/sbin" pgbouncer ;;
lib*) mkdir -p "$3/usr/lib/cpu-linux-gnu" ;;
esac`,
    );
  }
  const asked = () => readFile(join(root, 'asked'), 'utf8').catch(() => '');
  const run = (env: Record<string, string> = {}, script = 'echo "$POSTGRES_BIN,$PGBOUNCER_PATH"') =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const words = [join(root, 'bin/with-postgres'), 'sh', '-c', script];
      execFile('/bin/sh', words, { env: { PATH: path, TMPDIR: root, ...env } }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout: stdout.trim(), stderr }),
      );
    });
  const INSTALL = 'install -s --no-install-recommends postgresql pgbouncer\n';
  const MEND = `sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends postgresql pgbouncer'`;
  const unpacked = () => join(root, '.runtime/postgres/bin');

  it('takes the newest that is installed, and fetches nothing', async () => {
    await debian([]);
    await server(join(machine, '9/bin'), '9.6.24');
    await server(join(machine, '15/bin'), '15.18 (Debian 15.18-0+deb12u1)');
    const newest = await server(join(machine, '17/bin'), '17.2');
    await program(join(machine, '18/bin/initdb'), 'echo only a client');
    const pooler = await pgbouncer(join(machine, 'sbin'));
    expect(await run()).toEqual({ code: 0, stdout: `${newest},${pooler}`, stderr: '' });
    expect(await asked()).toBe('');
  });

  it('takes those in PATH where no package put one, and those of the environment before all', async () => {
    await server(path, '16.1');
    const pooler = await pgbouncer(path);
    expect((await run()).stdout).toBe(`${path},${pooler}`);
    const own = await server(join(root, 'own'), '18beta1');
    expect((await run({ POSTGRES_BIN: own })).stdout).toBe(`${own},${pooler}`);
    const missing = await run({ POSTGRES_BIN: '/nowhere' });
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain('POSTGRES_BIN names /nowhere');
  });

  it('unpacks those of Debian once, with the libraries they need and no more, whoever runs it', async () => {
    await debian([
      'libllvm14',
      'libpq5',
      'perl',
      'libjson-perl',
      'postgresql-17',
      'postgresql-common',
      'pgbouncer',
    ]);
    await writeFile(join(root, 'lists'), '');
    const both = `${unpacked()},${unpacked()}/pgbouncer`;
    expect(await run()).toMatchObject({ code: 0, stdout: both });
    expect(await run()).toEqual({ code: 0, stdout: both, stderr: '' });
    expect(await asked()).toBe(`${INSTALL}download libpq5 postgresql-17 pgbouncer\n`);
    expect((await readdir(unpacked())).sort()).toEqual([...SERVER, 'pgbouncer'].sort());
    expect(await readdir(root)).not.toContainEqual(expect.stringContaining('tmp.'));
    const found = await run({ LD_LIBRARY_PATH: '/others' }, '"$POSTGRES_BIN/postgres"');
    expect(found.stdout).toContain(`17.2 ${root}/.runtime/postgres/usr/lib/cpu-linux-gnu:`);
    expect(found.stdout).toMatch(/:\/others$/);
  });

  it('unpacks what is missing beside what is installed', async () => {
    await debian(['pgbouncer']);
    await writeFile(join(root, 'lists'), '');
    const installed = await server(join(machine, '15/bin'), '15.18');
    expect((await run()).stdout).toBe(`${installed},${unpacked()}/pgbouncer`);
  });

  it('fetches lists of packages as root alone, and tells others the line to run', async () => {
    await debian(['postgresql-17', 'pgbouncer']);
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(MEND);
    expect(stderr).toContain('DATABASE_TEST_URL');
    expect(await asked()).toBe(INSTALL);
    await program(join(path, 'id'), 'echo 0');
    expect((await run()).stdout).toBe(`${unpacked()},${unpacked()}/pgbouncer`);
  });

  it('fails where there are no packages of Debian', async () => {
    await server(path, '14.9');
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('needed by the tests');
    expect(existsSync(join(root, '.runtime'))).toBe(false);
  });

  it('fails where what was unpacked does not start', async () => {
    await debian(['postgresql-17']);
    await writeFile(join(root, 'lists'), '');
    expect((await run()).stderr).toContain('does not start');
  });

  it('looks for nothing where the operator names a server', async () => {
    await debian([]);
    expect(await run({ DATABASE_TEST_URL: 'postgres://db.test' }, 'echo "$DATABASE_TEST_URL"')).toEqual({
      ...{ code: 0, stdout: 'postgres://db.test', stderr: '' },
    });
    expect(await asked()).toBe('');
  });
});
