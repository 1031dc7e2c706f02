/** Setting up this checkout: several commands at once, and what is fetched. Programs of the machine are stand-ins. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkout, makeCheckout, NODE } from './test-support/checkout.ts';

describe('with-node', () => {
  let checkout: Checkout;
  let root: string;
  beforeEach(async () => {
    checkout = await makeCheckout();
    root = checkout.root;
  });
  afterEach(() => checkout.dispose());
  const log = () => checkout.log();
  const go = () => checkout.go();
  const start = () => checkout.start();
  const run = () => checkout.run();

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
    expect(log().sort()).toEqual([
      'build',
      expect.stringMatching(/^npm ci --ignore-scripts /),
      'pages',
      'program',
    ]);
  });

  it('does nothing again while nothing has changed, and builds once after a change', async () => {
    await go();
    await run();
    const before = log().length;
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(log()).toHaveLength(before);
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
    const all = await Promise.all([run(), run(), run(), run()]);
    for (const end of all) expect(end).toMatchObject({ code: 0, stdout: 'first half, two' });
    expect(log().slice(before)).toEqual(['build', 'program']);
  });

  it('takes nothing that a build, an editor or a system leaves between the sources for a change of them', async () => {
    await go();
    await run();
    expect(existsSync(join(root, 'apps/platform/.astro/content.d.ts'))).toBe(true);
    for (const name of ['.page.astro.swp', 'page.astro~', '.DS_Store', '.cache/x.ts']) {
      await mkdir(join(root, 'apps/platform/src/.cache'), { recursive: true });
      await writeFile(join(root, 'apps/platform/src', name), 'x');
    }
    const before = log().length;
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(log()).toHaveLength(before);
  });

  it.each([
    ['apps/platform/astro.config.ts', 'pages'],
    ['apps/platform/public/new.png', 'pages'],
    ['apps/platform/src/new/page.astro', 'pages program'],
    ['apps/step-mom/build.ts', 'build'],
    ['apps/cli/build.ts', 'program'],
    ['packages/mail/src/index.ts', 'program'],
    ['packages/core/src/index.ts', 'build pages program'],
    ['package-lock.json', 'build npm pages program'],
    ['packages/core/src/index.test.ts', ''],
  ])('builds what is made of %s: %s', async (source, made) => {
    await go();
    await run();
    const before = log().length;
    await mkdir(dirname(join(root, source)), { recursive: true });
    await writeFile(join(root, source), 'changed');
    await run();
    const done = log().slice(before);
    expect(done.map((line) => line.split(' ')[0]).sort()).toEqual(made.split(' ').filter(Boolean));
  });

  it('names what set-up would do when it is asked, and does none of it', async () => {
    await go();
    const ask = async () =>
      (await checkout.run({ words: [join(root, 'bin/with-node'), '--missing'] })).stdout.split('\n');
    await rm(join(root, 'path/bwrap'));
    const before = checkout.listing();
    expect(await ask()).toEqual(['packages', 'bubblewrap', 'bundle', 'pages', 'program', '']);
    expect(checkout.listing()).toEqual(before);
    await checkout.program('bwrap', '');
    await run();
    expect(await ask()).toEqual(['']);
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
    expect(await ask()).toEqual(['bundle', 'program', '']);
  });

  it('shows the build before, as a whole, until the new one is whole', async () => {
    await go();
    await run();
    await rm(join(root, 'go'));
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
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
      await writeFile(join(root, 'apps/step-mom/src/source'), source);
      await run();
    }
    const built = readdirSync(join(root, 'dist')).filter((name) => name.startsWith('step-mom.'));
    const whole = built.map((name) => readFileSync(join(root, 'dist', name, 'main.js'), 'utf8'));
    expect(whole.sort()).toEqual(['first half, four', 'first half, three']);
  });

  it('keeps an older build of the program for as long as somebody runs on it', async () => {
    await go();
    await run();
    await writeFile(join(root, 'node-goes-on'), '');
    const server = checkout.start({ words: [join(root, 'bin/tinyfat'), 'start'] });
    const builds = () => readdirSync(join(root, 'dist')).filter((name) => name.startsWith('program.'));
    const buildAgain = async (source: string) => {
      await writeFile(join(root, 'apps/cli/src/main.ts'), source);
      await run();
    };
    await server.prints('dist/program.1/bin/main.js start');
    for (const source of ['two', 'three', 'four']) await buildAgain(source);
    expect(builds().sort()).toEqual(['program.1', 'program.3', 'program.4']);
    await rm(join(root, 'node-goes-on'));
    await server.ended;
    await buildAgain('five');
    expect(builds().sort()).toEqual(['program.4', 'program.5']);
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

  describe('as root without bubblewrap', () => {
    beforeEach(async () => {
      await go();
      await checkout.program('id', 'echo 0');
      await rm(join(root, 'path/bwrap'));
    });
    /** Each ends only when the other one has begun, too. */
    const installing = (end: string) =>
      checkout.program(
        'apt-get',
        `echo "apt-get $1" >>"$CHECKOUT/log"
: >"$CHECKOUT/debian-began"
while [ -d "$CHECKOUT" ] && [ ! -e "$CHECKOUT/npm-began" ]; do /bin/sleep 0.02; done
${end}`,
      );
    const npm = (end: string) =>
      checkout.program(
        'npm',
        `echo "npm $1" >>"$CHECKOUT/log"
: >"$CHECKOUT/npm-began"
while [ -d "$CHECKOUT" ] && [ ! -e "$CHECKOUT/debian-began" ]; do /bin/sleep 0.02; done
${end}`,
      );
    const NPM_WORKS = 'mkdir "$CHECKOUT/node_modules"';
    const MAKES_BWRAP = `printf '#!/bin/sh\\n' >"$CHECKOUT/path/bwrap"; chmod +x "$CHECKOUT/path/bwrap"`;

    it('installs it while npm installs packages', async () => {
      await npm(NPM_WORKS);
      await installing(MAKES_BWRAP);
      expect(await run()).toMatchObject({ code: 0, stdout: 'first half, one' });
      expect(log().sort()).toEqual([
        'apt-get install',
        'apt-get update',
        'build',
        'npm ci',
        'pages',
        'program',
      ]);
    });

    it('says what failed, and builds nothing', async () => {
      await npm(NPM_WORKS);
      await installing('echo no network; exit 100');
      const { code, stdout, stderr } = await run();
      expect([code, stdout]).toEqual([1, '']);
      const file = /see (\S+)\)/.exec(stderr)?.[1] ?? '';
      expect(readFileSync(file, 'utf8')).toContain('no network');
      await rm(file);
      expect(log().sort()).toEqual(['apt-get update', 'npm ci']);
    });

    it('waits for it where npm fails', async () => {
      await npm('exit 7');
      // A command that did not wait would have ended by then.
      await installing(`/bin/sleep 0.2; ${MAKES_BWRAP}`);
      const [code] = await once(start().child, 'exit');
      expect(code).toBe(7);
      expect(existsSync(join(root, 'path/bwrap'))).toBe(true);
      expect(log().sort()).toEqual(['apt-get install', 'apt-get update', 'npm ci']);
    });
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
