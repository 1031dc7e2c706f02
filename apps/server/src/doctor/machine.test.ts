/** What the machine has: ports, bubblewrap, cgroups, tools, the build. */

import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { bubblewrap } from '@tinyfat/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockDataFolder } from '../files/lock.ts';
import { agentToolsCheck } from './agent-tools.ts';
import { buildCheck, nodeCheck } from './build.ts';
import { httpPortCheck, smtpPortCheck } from './ports.ts';
import { sandboxCheck } from './sandbox.ts';
import { configOf, look, testFolder } from './test-support/look.ts';

const isRoot = process.getuid?.() === 0;

it('Node that is too old is broken', async () => {
  expect(await look(nodeCheck('22.18.9'))).toMatchObject([{ state: 'broken' }]);
  for (const version of ['22.19.0', '24.0.0'])
    expect(await look(nodeCheck(version))).toMatchObject([{ state: 'ok' }]);
});

describe('ports', () => {
  /** Something that listens, and the variables that name its port. */
  async function taken() {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = String(typeof address === 'object' && address ? address.port : 0);
    return { port, environment: { SMTP_PORT: port, DATA_DIR: testFolder() } };
  }

  it('are free, another program’s, or those of the running server', async () => {
    const { port, environment } = await taken();
    const config = configOf(environment);
    expect(await look(smtpPortCheck(config))).toMatchObject([
      {
        state: 'broken',
        found: `another program has 127.0.0.1:${port}`,
        run: `ss -ltnp 'sport = :${port}'`,
      },
    ]);
    const lock = lockDataFolder(config.dataDir);
    if (!lock.ok) throw new Error(lock.reason);
    onTestFinished(() => lock.release());
    expect(await look(smtpPortCheck(config))).toMatchObject([
      { state: 'ok', found: `127.0.0.1:${port}, used by the running server` },
    ]);
    expect(await look(httpPortCheck(configOf({ PORT: '0' })))).toMatchObject([{ state: 'ok' }]);
  });

  it('of an address that is not this machine’s are broken', async () => {
    expect(await look(smtpPortCheck(configOf({ SMTP_HOST: '192.0.2.1' })))).toMatchObject([
      { state: 'broken', found: '192.0.2.1 is no address of this machine' },
    ]);
  });

  it('none at all is right for webhooks only', async () => {
    expect(await look(smtpPortCheck(configOf({ SMTP_PORT: '0' })))).toMatchObject([{ state: 'broken' }]);
    const webhook = { SMTP_PORT: '0', POSTMARK_WEBHOOK_AUTH: 'user:password' };
    expect(await look(smtpPortCheck(configOf(webhook)))).toMatchObject([{ state: 'ok' }]);
  });
});

describe('the sandbox', () => {
  it('runs, and a missing cgroup is a note', async () => {
    expect(await look(sandboxCheck({ cgroups: () => true }))).toMatchObject([
      { check: 'sandbox', state: 'ok' },
      { check: 'limits', state: 'ok', found: expect.stringContaining('cgroup v2') },
    ]);
    expect(await look(sandboxCheck({ cgroups: () => false }))).toMatchObject([
      { state: 'ok' },
      { check: 'limits', state: 'note', mend: expect.stringContaining('Delegate=yes') },
    ]);
  });

  it('that is there and can not be executed is told as that, with the line that mends it', async () => {
    const programs = testFolder();
    for (const name of ['prlimit', 'setpriv']) symlinkSync(`/usr/bin/${name}`, join(programs, name));
    writeFileSync(join(programs, 'bwrap'), '');
    chmodSync(join(programs, 'bwrap'), 0o000);
    const make = (runtimeFolder: string) =>
      bubblewrap({ nodeBinary: process.execPath, runtimeFolder, programFolders: [programs] });
    expect(await look(sandboxCheck({ make }))).toEqual([
      {
        check: 'sandbox',
        state: 'broken',
        found: `${programs}/bwrap can not be executed by this user (its mode is 0000)`,
        mend: null,
        run: `sudo chmod 755 ${programs}/bwrap`,
      },
    ]);
  });

  it('that fails for a reason of its own has the line that shows more', async () => {
    const fix = 'bwrap --unshare-all true   # shows what is refused';
    const make = () => ({ probe: async () => ({ ok: false as const, reason: 'odd', fix }) });
    expect(await look(sandboxCheck({ make }))).toMatchObject([
      { mend: 'This shows what is refused:', run: 'bwrap --unshare-all true' },
    ]);
  });
});

it('tools that agents miss are a note with the packages', async () => {
  const tools = [
    { tool: 'git', package: 'git', present: true },
    { tool: 'rg', package: 'ripgrep', present: false },
  ];
  expect(await look(agentToolsCheck(() => tools))).toMatchObject([
    { state: 'note', found: expect.stringContaining('1 of 2'), run: expect.stringMatching(/ripgrep$/) },
  ]);
  expect(await look(agentToolsCheck(() => tools.slice(0, 1)))).toMatchObject([{ state: 'ok' }]);
});

describe('the build', () => {
  /** A checkout whose launcher says this. */
  const checkout = (script: string) => {
    const root = testFolder();
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin/with-node'), script);
    return root;
  };

  it('is what the launcher finds missing, with the line that makes it', async () => {
    const root = checkout('[ "$1" = --missing ] && printf "bubblewrap\\nbundle\\npages\\n"');
    expect(await look(buildCheck(root))).toMatchObject([
      {
        state: 'broken',
        found: "not of this version, or missing: the sandbox's program, the pages",
        run: `${root}/bin/tinyfat help`,
      },
    ]);
    expect(await look(buildCheck(checkout('exit 0')))).toMatchObject([{ state: 'ok' }]);
  });

  it('of a launcher that fails is told', async () => {
    expect(await look(buildCheck(checkout('echo torn >&2; exit 3')))).toMatchObject([
      { state: 'broken', found: expect.stringContaining('torn') },
    ]);
  });
});

const firstFree = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'latin1'));
it.skipIf(isRoot || firstFree <= 25)(
  'a port below 1024 is refused to an ordinary user (skipped for root, and where everybody may)',
  async () => {
    expect(await look(smtpPortCheck(configOf({ SMTP_PORT: '25' })))).toMatchObject([
      { state: 'broken', found: 'this user may not listen on 127.0.0.1:25' },
    ]);
  },
);
