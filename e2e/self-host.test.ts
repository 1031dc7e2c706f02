/** docs/self-host.md, followed to the letter by root on a machine of its own, with a service user that only reads. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Block, readPage } from './docs/markdown.ts';
import {
  canMakeMachine,
  copyPackages,
  type Machine,
  makeMachine,
  makeRepository,
} from './docs/throw-away-machine.ts';
import { type SmtpSink, startSmtpSink } from './support/smtp-sink.ts';
import { ownAddress } from './support/tinyfat.ts';

const possible = canMakeMachine();
const why = possible
  ? ''
  : ' (skipped: only root can make a machine with its own /etc, where mounts are allowed)';

/** What a build may leave: all that git shows, ignored files too, but packages. */
function leftIn(checkout: string): string[] {
  const words = ['-c', 'safe.directory=*', 'status', '--porcelain', '--ignored'];
  const status = execFileSync('git', words, { cwd: checkout, encoding: 'utf8' });
  return status.split('\n').filter((line) => line !== '' && !line.endsWith('node_modules/'));
}

describe.skipIf(!possible)(`docs/self-host.md${why}`, () => {
  /** What is said up to the start of the service, in order. */
  const blocks = blocksOf('docs/self-host.md', ['Install', 'systemd, as an ordinary user']);
  let machine: Machine;
  let relay: SmtpSink;
  let opt: string;
  beforeAll(async () => {
    relay = await startSmtpSink();
    const address = ownAddress();
    machine = makeMachine({
      ...{ SMTP_HOST: address, HOST: address, PUBLIC_URL: `http://${address}:8025`, SMTP_URL: relay.url },
      ...{ ANTHROPIC_API_KEY: '', TRUSTED_CLIENTS: '127.0.0.0/8' },
    });
    opt = machine.at('/opt/tinyfat');
    makeRepository(machine.at('/opt/repository'));
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
    const ended = await machine.run(script);
    expect(ended, `${script}\n${ended.stderr}\n${machine.journal()}`).toMatchObject({ code: 0 });
    return ended.stdout;
  };
  let before: string[];

  it('is followed up to a running server; the checkout stays as git and root left it', async () => {
    for (const { text } of blocks) {
      if (text.includes('git clone')) {
        const lines = text.trim().split('\n');
        const cloned = lines.findIndex((line) => line.includes('git clone')) + 1;
        await run(lines.slice(0, cloned).join('\n').replace('<repository>', '/opt/repository'));
        machine.givePackages();
        expect(await run(lines.slice(cloned).join('\n'))).toContain(
          'tinyfat: an e-mail address for every agent',
        );
        expect(leftIn(opt)).toEqual(['!! .runtime/', '!! dist/']);
        before = listing();
        expect(before.filter((line) => line.split(' ').at(-4) !== '0')).toEqual([]);
      } else expect(await run(text)).not.toMatch(/^broken/m);
    }
    expect(machine.journal()).toContain('Everything ');
    expect(listing()).toEqual(before);
  });

  it('ends in an answered mail', async () => {
    const answer = await run(
      'echo What is in your folder? | tinyfat send --to scout@agents.example.com --from you@example.org --subject Hi --wait',
    );
    expect(answer).toContain('demo model');
    await relay.received(1);
    expect(relay.mails[0]).toMatchObject({ subject: 'Re: Hi', envelope: { to: ['you@example.org'] } });
    expect(listing()).toEqual(before);
    const data = machine.at('/var/lib/tinyfat');
    const made = readdirSync(data, { recursive: true, encoding: 'utf8' });
    const service = Number((await run('id -u tinyfat')).trim());
    expect(new Set(made.map((name) => lstatSync(join(data, name)).uid))).toEqual(new Set([service]));
    await run('systemctl stop tinyfat');
  });

  it('after an upgrade without its set-up says what root has to run, which mends it', async () => {
    const source = 'apps/platform/src/pages/index.astro';
    const git = 'git -c user.name=x -c user.email=x@example.com';
    await run(`cd /opt/repository; printf '<!-- new -->' >>${source}; ${git} commit -qam new`);
    await run('cd /opt/tinyfat && git pull');
    before = listing();
    const told = await machine.run('tinyfat agent list');
    expect(told).toMatchObject({ code: 1, stdout: '' });
    expect(told.stderr).toMatch(/^tinyfat: [^\n]*its pages [^\n]*\n$/);
    expect((await machine.run('systemctl start tinyfat')).stderr).toContain(told.stderr);
    expect(listing()).toEqual(before);
    const command = /as root run: (.*)\n$/.exec(told.stderr)?.[1];
    expect(command).toBe('/opt/tinyfat/bin/tinyfat help');
    const [upgrade, ...more] = blocksOf('docs/self-host.md', ['Upgrade']).filter(({ text }) =>
      text.includes('git pull'),
    );
    expect(more).toEqual([]);
    expect(upgrade?.text).toContain(command);
    await run(upgrade?.text ?? '');
    expect(await run('tinyfat agent list')).toContain('scout');
    expect(machine.journal()).toContain('Everything ');
    expect(readFileSync(join(opt, source), 'utf8')).toContain('<!-- new -->');
  });
});

describe.skipIf(possible)('a clone that is set up (skipped as root: the machine above does the same)', () => {
  it('stays as git knows it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinyfat-clone-'));
    try {
      makeRepository(join(folder, 'repository'));
      execFileSync('git', ['clone', '-q', 'repository', 'clone'], { cwd: folder });
      const clone = join(folder, 'clone');
      copyPackages(clone);
      const { stdout } = await promisify(execFile)(join(clone, 'bin/tinyfat'), ['help']);
      expect(stdout).toContain('tinyfat: an e-mail address for every agent');
      expect(leftIn(clone)).toEqual(['!! .runtime/', '!! dist/']);
      expect(existsSync(join(clone, 'dist/platform/server/entry.mjs'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** The blocks of these sections with a language, in order. */
function blocksOf(path: string, sections: string[]): Block[] {
  const page = readPage(path);
  const starts = page.headings.filter(({ level }) => level <= 2);
  return sections.flatMap((title) => {
    const index = starts.findIndex(({ text }) => text === title);
    const [start, next] = starts.slice(index, index + 2);
    if (index < 0 || !start) throw new Error(`${path} has no section ${title}`);
    return page.blocks.filter(
      ({ line, language }) =>
        language !== '' && line > start.line && line < (next?.line ?? Number.POSITIVE_INFINITY),
    );
  });
}
