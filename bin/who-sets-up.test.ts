/** Who sets up a checkout: its owner and root. For anybody else it is read-only, and nothing is tried. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkout, type Ended, makeCheckout } from './test-support/checkout.ts';

/** Users of no name. */
const [ALICE, SERVICE] = [54_321, 54_322];
const asRoot = process.getuid?.() === 0 ? it : it.skip;
const GIVES = process.getuid?.() === 0 ? '' : ' (skipped: only root can give files away)';

describe('a checkout', () => {
  let checkout: Checkout;
  let root: string;
  beforeEach(async () => {
    checkout = await makeCheckout();
    root = checkout.root;
    await checkout.go();
  });
  afterEach(() => checkout.dispose());

  /** From now on the caller is somebody else than the owner, who is root. */
  async function becomeSomebodyElse(): Promise<void> {
    await checkout.program('id', `echo ${SERVICE}`);
    await checkout.program('stat', 'case "$2" in %u) echo 0 ;; *) echo root ;; esac');
  }

  const give = (to: number, ...names: string[]) =>
    execFileSync('chown', ['-Rh', `${to}:${to}`, ...names.map((name) => join(root, name))]);

  const expectTold = ({ code, stdout, stderr }: Ended, missing: string, who = 'root') => {
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^tinyfat: [^\n]+\n$/);
    expect(stderr).toContain(`${root} is not set up for this user (${missing}`);
    expect(stderr).toContain(`as ${who} run: `);
    expect(stderr.endsWith(`${root}/bin/tinyfat help\n`)).toBe(true);
  };

  it('that is set up runs for anybody, and is not written', async () => {
    await checkout.run();
    const words = [join(root, 'bin/with-node'), 'sh', '-c', 'echo "cache: $NODE_COMPILE_CACHE"'];
    expect((await checkout.run({ words })).stdout).toBe(`cache: ${root}/.runtime/compile-cache\n`);
    const before = checkout.listing();
    if (process.getuid?.() === 0) {
      expect(await checkout.run({ words, uid: SERVICE })).toEqual({
        ...{ code: 0, stdout: 'cache: \n', stderr: '' },
      });
    } else {
      execFileSync('chmod', ['-R', 'a-w', root]);
      expect(await checkout.run()).toMatchObject({ code: 0, stdout: 'first half, one', stderr: '' });
      execFileSync('chmod', ['-R', 'u+w', root]);
    }
    expect(checkout.listing()).toEqual(before);
  });

  it('that root has set up is so for users with another language', async () => {
    await checkout.program('sort', '[ "$LC_ALL" = C ] && exec /usr/bin/sort; exec /usr/bin/sort -r');
    await checkout.run({ environment: { LC_ALL: 'C' } });
    await becomeSomebodyElse();
    expect(await checkout.run({ environment: { LANG: 'en_US.UTF-8' } })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['Node', 'no Node >= 22.19', () => writeFile(join(root, 'node-is-old'), '1')],
    ['the packages', 'its packages', () => rm(join(root, 'node_modules'), { recursive: true })],
    ['new packages', 'its packages', () => writeFile(join(root, 'package-lock.json'), '{"new":1}')],
    ['bubblewrap', 'bubblewrap', () => rm(join(root, 'path/bwrap'))],
    ['the bundle', 'its bundle', () => rm(join(root, 'dist/step-mom'))],
    ['a new bundle', 'its bundle', () => writeFile(join(root, 'apps/step-mom/src/source'), 'two')],
    ['the pages', 'its pages', () => rm(join(root, 'dist/platform'))],
    ['new pages', 'its pages', () => writeFile(join(root, 'apps/platform/src/page.astro'), 'two')],
    ['the program', 'its program', () => rm(join(root, 'dist/program'))],
    ['a new program', 'its program', () => writeFile(join(root, 'apps/cli/src/main.ts'), 'two')],
    ['everything', 'its packages', () => rm(join(root, '.runtime'), { recursive: true })],
  ])(
    'that lacks %s says to others who must run which command, and nothing is tried',
    async (_, missing, spoil) => {
      await checkout.run();
      await spoil();
      await becomeSomebodyElse();
      const before = checkout.listing();
      expectTold(await checkout.run(), missing);
      expect(checkout.listing()).toEqual(before);
      // What others are told is what mends it.
      await checkout.program('id', 'echo 0');
      await checkout.program(
        'apt-get',
        `printf '#!/bin/sh\\n' >"$CHECKOUT/path/bwrap"; chmod +x "$CHECKOUT/path/bwrap"`,
      );
      await rm(join(root, 'node-is-old'), { force: true });
      expect((await checkout.run()).code).toBe(0);
      await checkout.program('id', `echo ${SERVICE}`);
      expect(await checkout.run()).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('without Node for others names a command that does not take the one that only root has', async () => {
    await checkout.run();
    await writeFile(join(root, 'node-is-old'), '1');
    await becomeSomebodyElse();
    const { stderr } = await checkout.run();
    expect(stderr).toContain(`run: PATH=/usr/sbin:/usr/bin:/sbin:/bin ${root}/bin/tinyfat help`);
  });

  it('that can not be written says so to its owner', async () => {
    await checkout.run();
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
    const uid = process.getuid?.() === 0 ? ALICE : undefined;
    if (uid !== undefined) give(uid, '.');
    await chmod(root, 0o555);
    const before = checkout.listing();
    const { code, stderr } = await checkout.run(uid === undefined ? {} : { uid });
    await chmod(root, 0o755);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tinyfat: [^\n]+\(its bundle [^\n]+ can not be written: [^\n]+\n$/);
    expect(checkout.listing()).toEqual(before);
  });

  it('is looked at as it is by `doctor`, which changes nothing', async () => {
    await checkout.run();
    await rm(join(root, 'path/bwrap'));
    await rm(join(root, 'dist/platform'));
    await checkout.program('id', 'echo 0');
    await checkout.program('apt-get', 'echo apt >>"$CHECKOUT/log"');
    const before = checkout.listing();
    const doctor = { words: [join(root, 'bin/tinyfat'), 'doctor', '--json'] };
    expect(await checkout.run(doctor)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^node .*main\.ts doctor --json\n$/),
      stderr: '',
    });
    await rm(join(root, '.runtime/packages'));
    expect((await checkout.run(doctor)).stderr).toContain(`run ${root}/bin/tinyfat help`);
    expect(checkout.log()).not.toContain('apt');
    await writeFile(join(root, '.runtime/packages'), '');
    expect(checkout.listing().map((line) => line.split(' ')[0])).toEqual(
      before.map((line) => line.split(' ')[0]),
    );
  });

  it('is set up so that others can read it, whatever the mask of the caller; the command keeps that', async () => {
    const words = ['-c', `umask 077; exec sh ${root}/bin/with-node sh -c umask`];
    expect((await checkout.run({ words })).stdout).toBe('0077\n');
    for (const name of ['.runtime/pages', 'dist/step-mom/main.js', 'dist/platform/server'])
      expect([name, lstatSync(join(root, name)).mode & 0o044]).toEqual([name, 0o044]);
  });

  it('that root cloned for itself alone says so when it is set up', async () => {
    await checkout.program('id', 'echo 0');
    await chmod(join(root, 'bin/tinyfat'), 0o750);
    expect((await checkout.run()).stderr).toContain(`chmod -R o+rX ${root}\n`);
    expect((await checkout.run()).stderr).toBe('');
    await chmod(join(root, 'bin/tinyfat'), 0o755);
    await rm(join(root, '.runtime/pages'));
    expect((await checkout.run()).stderr).not.toContain('chmod');
  });

  const owners = () => {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
    return new Set(names.map((name) => lstatSync(join(root, name)).uid));
  };

  asRoot(`of somebody else that root sets up stays theirs, also where a step fails${GIVES}`, async () => {
    give(ALICE, '.');
    await checkout.program('npx', 'exit 1');
    give(ALICE, 'path');
    expect((await checkout.run()).code).toBe(1);
    expect(existsSync(join(root, 'dist/step-mom/main.js'))).toBe(true);
    give(ALICE, 'log');
    expect(owners()).toEqual(new Set([ALICE]));
    const words = [join(root, 'bin/with-node'), 'sh', '-c', 'echo "$NODE_COMPILE_CACHE"'];
    await checkout.program(
      'npx',
      'while [ "$1" != --outDir ]; do shift; done; mkdir "$2/server"; : >"$2/server/entry.mjs"',
    );
    expect(await checkout.run({ words })).toMatchObject({ code: 0, stdout: '\n' });
    give(ALICE, 'log', 'path');
    expect(owners()).toEqual(new Set([ALICE]));
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
    expect(await checkout.run({ uid: ALICE })).toMatchObject({ code: 0, stdout: 'first half, two' });
  });

  asRoot(`with files of root that its owner can not replace says that root must run it${GIVES}`, async () => {
    await checkout.run();
    give(ALICE, '.');
    give(0, 'dist/step-mom.1');
    expect((await checkout.run({ uid: ALICE })).code).toBe(0);
    await writeFile(join(root, 'apps/step-mom/src/source'), 'two');
    const before = checkout.listing();
    expectTold(await checkout.run({ uid: ALICE }), 'its bundle');
    expect(checkout.listing()).toEqual(before);
    await checkout.run();
    give(ALICE, 'log');
    expect(owners()).toEqual(new Set([ALICE]));
  });
});
