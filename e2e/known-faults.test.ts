/** Real commands against what is really broken: two lines and exit 1, never a stack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliResult } from './support/command-runner.ts';
import { COMPILED, MAIN, runCli } from './support/tinyfat.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const PATH = process.env.PATH ?? '';
const firstFreePort = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));

/** In a mount namespace of its own, after these lines of a shell; `$MAIN` and `$NODE` are the command. */
async function inMounts(script: string, environment: Record<string, string>): Promise<CliResult> {
  const child = spawn('unshare', ['-m', 'sh', '-ec', script], {
    env: { ...COMPILED, ...environment, MAIN, NODE: process.execPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      printed[name] += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...printed };
}

describe('a command that meets something broken', () => {
  let folder: string;
  let environment: Record<string, string>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-broken-'));
    environment = { PATH, DATA_DIR: join(folder, 'data'), TMPDIR: folder, SMTP_PORT: '0', PORT: '0' };
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  /** What, about what, and the next step; on two lines, with no stack, and exit 1. */
  function expectFault({ code, stderr }: CliResult, what: RegExp, next: RegExp): void {
    // The log goes there, too.
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    expect([code, lines.length, stderr]).toEqual([1, 2, expect.not.stringMatching(/\n\s+at |node:internal/)]);
    expect(lines[0]).toMatch(what);
    expect(lines[1]).toMatch(next);
  }
  const START = /^tinyfat did not start: /;

  it('says that DATA_DIR is a file', async () => {
    writeFileSync(join(folder, 'data'), '');
    for (const [words, begin] of [
      [['start'], START],
      [['agent', 'list'], /^tinyfat agent: /],
    ] as const) {
      const result = await runCli([...words], environment);
      expectFault(result, /no folder.*\(E(EXIST|NOTDIR)/, /^To mend it: Set DATA_DIR/);
      expect(result.stderr).toMatch(begin);
    }
  });

  it('says that the database is damaged', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      join(folder, 'data', 'tinyfat.sqlite'),
      'no database, but longer than its header. '.repeat(50),
    );
    for (const words of [['start'], ['runs']]) {
      const result = await runCli(words, environment);
      expectFault(
        result,
        /: The database is damaged, or is no database\. \(file is not a database\)/,
        /backup/,
      );
    }
  });

  it('says which port is taken, and that an address is none of this machine', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = String(typeof address === 'object' && address !== null ? address.port : 0);
    for (const name of ['SMTP_PORT', 'PORT']) {
      const result = await runCli(['start'], { ...environment, [name]: port });
      expectFault(result, new RegExp(`A port .* is taken.*127\\.0\\.0\\.1:${port}`), /set PORT or SMTP_PORT/);
    }
    other.close();
    const foreign = { ...environment, SMTP_HOST: '192.0.2.1', SMTP_PORT: '2525' };
    expectFault(await runCli(['start'], foreign), /none of this machine.*192\.0\.2\.1/, /SMTP_HOST/);
  });

  it.skipIf(isRoot || firstFreePort <= 25)(
    'says who may listen on port 25 (needs an ordinary user, on a machine where that port is root’s)',
    async () => {
      const result = await runCli(['start'], { ...environment, SMTP_PORT: '25' });
      expectFault(result, /below 1024 belong to root.*:25/, /ip_unprivileged_port_start/);
    },
  );

  it.skipIf(isRoot)('says that the folder is of somebody else (not shown as root)', async () => {
    chmodSync(folder, 0o500);
    for (const words of [['start'], ['agent', 'list']]) {
      const result = await runCli(words, environment);
      expectFault(result, /may not read or write the data folder.*EACCES/, /as the user of the server/);
    }
  });

  it.skipIf(!isRoot)('says that the data folder is read-only (mounts one, as root)', async () => {
    await runCli(['agent', 'create', 'scout', '--owner', 'owner@example.com'], environment);
    const script = (words: string) =>
      `mount --bind "$DATA_DIR" "$DATA_DIR"; mount -o remount,ro,bind "$DATA_DIR"; exec "$NODE" "$MAIN" ${words}`;
    for (const words of ['start', 'agent list']) {
      const result = await inMounts(script(words), environment);
      expectFault(result, /can not be written: its file system is read-only.*EROFS/, /Mount it read-write/);
    }
  });

  it.skipIf(!isRoot)('says that the disk is full (mounts a small one, as root)', async () => {
    mkdirSync(environment.DATA_DIR ?? '');
    const script = (words: string) => `mount -t tmpfs -o size=128k none "$DATA_DIR"
      dd if=/dev/zero of="$DATA_DIR/.big" bs=1k count=90 status=none
      exec "$NODE" "$MAIN" ${words}`;
    for (const words of ['start', 'agent create scout --owner owner@example.com']) {
      const result = await inMounts(script(words), environment);
      expectFault(result, /no room left/, /df -h/);
    }
  });

  it.skipIf(!isRoot)(
    'says that the pages are broken, or not built, and keeps the stack in a file (as root)',
    async () => {
      const broken = join(folder, 'platform');
      mkdirSync(join(broken, 'server'), { recursive: true });
      const script = `mount --bind "${broken}" "${ROOT}/dist/platform"; exec "$NODE" "$MAIN" start`;
      const missing = await inMounts(script, environment);
      expectFault(
        missing,
        /the build makes is missing\. \(.*dist\/platform\/server\/entry\.mjs\)/,
        /npm run build/,
      );
      writeFileSync(join(broken, 'server/entry.mjs'), `throw new Error('a fault of the pages');\n`);
      const { code, stderr } = await inMounts(script, environment);
      const [what, next, where = ''] = stderr.split('\n');
      expect(code).toBe(1);
      expect(what).toMatch(
        /^tinyfat did not start: The pages .* could not be loaded.*a fault of the pages\)$/,
      );
      expect(next).toMatch(/^To mend it: /);
      const path = where.replace('All of it, for a report: ', '');
      expect(readFileSync(path, 'utf8')).toMatch(/a fault of the pages\n {4}at .*entry\.mjs/);
    },
  );

  it('keeps the stack of a surprise in a file of this user, and shows one line and its path', async () => {
    // A file where the server makes a folder.
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'agents'), '');
    const { code, stderr } = await runCli(['start'], { ...environment, MASTER_KEYS: '' });
    expect(code).toBe(1);
    const [what, where = '', ...rest] = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    expect(what).toMatch(/^tinyfat did not start: something went wrong that should not: Error: EEXIST/);
    expect(rest).toEqual([]);
    const path = where.replace('All of it, for a report: ', '');
    expect(path.startsWith(join(folder, 'data', 'faults'))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/EEXIST.*\n {4}at /);
    expect(readdirSync(join(folder, 'data', 'faults'))).toHaveLength(1);
    expect(existsSync(join(folder, 'data', 'tinyfat.sqlite'))).toBe(true);
  });
});
