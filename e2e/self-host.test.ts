/** docs/self-host.md, followed to the letter by root on a machine of its own, with a service user that only reads. */
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, readPage } from './docs/markdown.ts';
import { givePackages, type Machine, makeMachine, makeRepository } from './docs/throw-away-machine.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';

/** Belongs to nobody. */
const SERVICE = 54_321;
const isRoot = process.getuid?.() === 0;
const sandboxed = isRoot && mayMakeSandboxes();
const why = sandboxed
  ? ''
  : isRoot
    ? ' (skipped: ordinary users can make no sandboxes here)'
    : ' (skipped: not root)';

function mayMakeSandboxes(): boolean {
  const words = [`--reuid=${SERVICE}`, `--regid=${SERVICE}`, '--clear-groups', 'bwrap', '--unshare-all'];
  return spawnSync('setpriv', [...words, '--ro-bind', '/', '/', 'true']).status === 0;
}

describe('docs/self-host.md', () => {
  const page = readPage('docs/self-host.md');
  /** The one block of the page that has this. */
  const block = (has: RegExp): Block => {
    const found = page.blocks.filter(({ text }) => has.test(text));
    if (found.length !== 1 || !found[0]) throw new Error(`${found.length} blocks of the page have ${has}`);
    return found[0];
  };
  let machine: Machine;
  let relay: SmtpSink;
  let opt: string;
  let address: string;
  beforeAll(async () => {
    machine = makeMachine(SERVICE);
    relay = await startSmtpSink();
    opt = machine.at('opt/tinyfat');
    address = `127.${(process.pid >> 16) & 127}.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
    makeRepository(machine.at('repository'));
  });
  afterAll(async () => {
    await machine?.dispose();
    await relay?.close();
  });

  /** Every file and folder of the checkout but what lies in packages: owner, mode, size and when it was changed. */
  const listing = () =>
    readdirSync(opt, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/^\.git\/|(^|\/)node_modules\//.test(name))
      .map((name) => {
        const { uid, mode, size, mtimeMs } = lstatSync(join(opt, name));
        return `${name} ${uid} ${mode} ${size} ${mtimeMs}`;
      })
      .sort();
  const run = async (script: string) => {
    const ended = await machine.run(machine.translate(script));
    expect(ended, `${ended.stderr}\n${machine.serviceOutput()}`).toMatchObject({ code: 0 });
    return ended.stdout;
  };

  it('installs: one clone, one command; the checkout stays as git knows it', async () => {
    const install = block(/^git clone/m).text.replace('<repository>', machine.at('repository'));
    const [clone = '', ...rest] = install.trim().split('\n');
    await run(clone);
    givePackages(opt);
    const printed = await run(rest.filter((line) => isRoot || !line.startsWith('install')).join('\n'));
    expect(printed).toContain('tinyfat: an e-mail address for every agent');
    const git = ['-c', 'safe.directory=*', 'status', '--porcelain', '--ignored'];
    const status = execFileSync('git', git, { cwd: opt, encoding: 'utf8' });
    const left = status.split('\n').filter((line) => line !== '' && !line.endsWith('node_modules/'));
    expect(left).toEqual(['!! .runtime/', '!! dist/']);
  });

  it.skipIf(!sandboxed)(`runs as a user who can write nothing of it, and answers a mail${why}`, async () => {
    const before = listing();
    expect(before.filter((line) => line.split(' ').at(-4) !== '0')).toEqual([]);
    // The page's settings, then what makes this machine's world small.
    const more = {
      ...{ SMTP_HOST: address, HOST: address, PUBLIC_URL: `http://${address}:8025`, SMTP_URL: relay.url },
      ...{ ANTHROPIC_API_KEY: '', TRUSTED_CLIENTS: '127.0.0.0/8' },
    };
    const settings = Object.entries(more).map(([name, value]) => `${name}='${value}'\n`);
    machine.write('etc/tinyfat.env', machine.translate(block(/^DATA_DIR=/m).text) + settings.join(''), 0o600);
    machine.write('usr/local/sbin/tinyfat', machine.translate(block(/^exec runuser/m).text), 0o755);
    const unit = block(/^\[Service\]/m).text;
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
    const data = machine.at(`var/lib/${value('StateDirectory')}`);
    mkdirSync(data, { mode: Number.parseInt(value('StateDirectoryMode'), 8) });
    execFileSync('chown', [`${SERVICE}:${SERVICE}`, data]);
    machine.setService(machine.translate(value('ExecStart')), machine.translate(value('EnvironmentFile')));

    const printed = await run(block(/^systemctl daemon-reload/m).text);
    expect(printed).not.toContain('broken');
    expect(machine.asked()).toContain('systemctl enable --now tinyfat');
    const answer = await run(
      'echo What is in your folder? | tinyfat send --to scout@agents.example.com --from you@example.org --subject Hi --wait',
    );
    expect(answer).toContain('demo model');
    await relay.received(1);
    expect(relay.mails[0]).toMatchObject({ subject: 'Re: Hi', envelope: { to: ['you@example.org'] } });

    expect(listing()).toEqual(before);
    const owners = readdirSync(data, { recursive: true, encoding: 'utf8' });
    expect(new Set(owners.map((name) => lstatSync(join(data, name)).uid))).toEqual(new Set([SERVICE]));
    await run('systemctl stop tinyfat');
  });

  it.skipIf(!sandboxed)(
    `after an upgrade without its set-up says what root has to run, which mends it${why}`,
    async () => {
      const source = join(opt, 'apps/platform/src/pages/index.astro');
      await run(`printf '<!-- new -->' >>${source}`);
      const before = listing();
      const told = await machine.run('tinyfat agent list');
      expect(told).toMatchObject({ code: 1, stdout: '' });
      expect(told.stderr).toMatch(/^tinyfat: [^\n]*its pages [^\n]*\n$/);
      expect((await machine.run('systemctl start tinyfat')).stderr).toContain(told.stderr);
      expect(listing()).toEqual(before);
      const command = /as root run: (.*)\n$/.exec(told.stderr)?.[1];
      expect(command).toBe(`${opt}/bin/tinyfat help`);
      await run(`${command}`);
      expect(await run('tinyfat agent list')).toContain('scout');
      // As the page says after an upgrade; the server starts on what root has built.
      await run('systemctl start tinyfat');
      expect(machine.serviceOutput()).toContain('Everything ');
      expect(readFileSync(source, 'utf8')).toContain('<!-- new -->');
      rmSync(machine.at('asked'));
    },
  );
});
