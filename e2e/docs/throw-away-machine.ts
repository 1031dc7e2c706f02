/**
 * A folder that stands for the root of a machine, in which an operator's pages are followed. Absolute paths of the
 * pages (`/opt/…`, `/etc/…`) are looked for below it, and what would change the machine itself is a stand-in: users,
 * systemd. Nothing is fetched.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './markdown.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Follows pages as the caller, and the service as `uid`. */
export interface Machine {
  /** Where a path of the pages lies. */
  at(path: string): string;
  /** The text of a page, with its paths below this machine. */
  translate(text: string): string;
  write(path: string, text: string, mode: number): void;
  /** Runs a script with `set -e`, as the caller. */
  run(script: string): Promise<{ code: number; stdout: string; stderr: string }>;
  /** What users, services and journals were asked, a line each. */
  asked(): string[];
  /** What `systemctl start tinyfat` runs, as the service user and with nothing but the unit's environment. */
  setService(command: string, environmentFile: string): void;
  /** What the service printed. */
  serviceOutput(): string;
  dispose(): Promise<void>;
}

/** Makes it; `uid` is the number that stands for the service user. */
export function makeMachine(uid: number): Machine {
  const root = mkdtempSync(join(tmpdir(), 'tinyfat-machine-'));
  chmodSync(root, 0o755);
  const at = (path: string) => join(root, path);
  const write: Machine['write'] = (path, text, mode) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  for (const folder of ['opt', 'etc/systemd/system', 'usr/local/sbin', 'var/lib', 'root', 'run'])
    mkdirSync(at(folder), { recursive: true });

  const become = `setpriv --reuid ${uid} --regid ${uid} --clear-groups --inh-caps=-all --no-new-privs`;
  const note = `echo "\${0##*/} $*" >>${at('asked')}`;
  for (const name of ['useradd', 'journalctl']) write(`stand-ins/${name}`, `#!/bin/sh\n${note}\n`, 0o755);
  write(
    'stand-ins/runuser',
    `#!/bin/sh
[ "$1 $2 $3" = '-u tinyfat --' ] || { echo "runuser: not $*" >&2; exit 1; }
shift 3
exec ${become} -- env HOME=${at('var/lib/tinyfat')} "$@"
`,
    0o755,
  );
  write(
    'stand-ins/systemctl',
    `#!/bin/sh
${note}
case "$*" in
'start tinyfat' | 'enable --now tinyfat')
	sh ${at('service')} >${at('output')} 2>&1 </dev/null &
	echo $! >${at('run/pid')}
	until grep -q '^Everything ' ${at('output')}; do
		kill -0 $! || { cat ${at('output')} >&2; exit 1; }
		sleep 0.05
	done
	;;
'stop tinyfat') kill "$(cat ${at('run/pid')})"; tail --pid "$(cat ${at('run/pid')})" -f /dev/null ;;
esac
`,
    0o755,
  );

  const run: Machine['run'] = (script) =>
    new Promise((resolve) => {
      const env = {
        PATH: `${at('stand-ins')}:${at('usr/local/sbin')}:${SYSTEM_PATH}`,
        HOME: at('root'),
      };
      execFile('/bin/sh', ['-ec', script], { env, cwd: root }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });
  const lines = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '');

  return {
    at,
    translate: (text) => text.replace(/(?<![\w.}])\/(?=(?:opt|etc|var\/lib|usr\/local)\/)/g, `${root}/`),
    write,
    run,
    asked: () => lines('asked').trimEnd().split('\n'),
    setService(command, environmentFile) {
      write(
        'service',
        `set -ea
. ${environmentFile}
exec ${become} -- env HOME=${at('var/lib/tinyfat')} PATH=${SYSTEM_PATH} ${command}
`,
        0o755,
      );
    },
    serviceOutput: () => lines('output'),
    async dispose() {
      if (existsSync(at('run/pid'))) await run('systemctl stop tinyfat 2>/dev/null || :');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A repository with what this checkout holds now, committed or not: for `git clone`. */
export function makeRepository(folder: string): void {
  const git = (cwd: string, words: string[], input?: string) =>
    execFileSync(
      'git',
      ['-c', 'safe.directory=*', '-c', 'user.name=x', '-c', 'user.email=x@example.com', ...words],
      {
        cwd,
        encoding: 'utf8',
        maxBuffer: 1e8,
        ...(input === undefined ? {} : { input }),
      },
    );
  const names = git(ROOT, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']).split('\0');
  const there = [...new Set(names)].filter((name) => name !== '' && existsSync(join(ROOT, name)));
  mkdirSync(folder, { recursive: true });
  execFileSync('cp', ['--parents', '-Pt', folder, ...there], { cwd: ROOT });
  git(folder, ['init', '-q']);
  git(folder, ['add', '--all', '--force']);
  git(folder, ['commit', '-qm', 'now']);
}

/**
 * Gives a fresh clone the packages and the Node of this checkout, as `npm ci` and the download would have, with links
 * instead of copies where the file system lets us.
 */
export function givePackages(clone: string): void {
  const found = execFileSync(
    'sh',
    ['-c', 'ls -d node_modules apps/*/node_modules packages/*/node_modules .runtime/node 2>/dev/null || :'],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  mkdirSync(join(clone, '.runtime'));
  for (const name of found.trim().split('\n')) {
    const words = ['-a', join(ROOT, name), join(clone, dirname(name))];
    try {
      execFileSync('cp', ['-l', ...words], { stdio: 'pipe' });
    } catch {
      execFileSync('cp', words);
    }
  }
  const sum = execFileSync('cksum', {
    input: readFileSync(join(clone, 'package-lock.json')),
    encoding: 'utf8',
  });
  writeFileSync(join(clone, '.runtime/packages'), sum.trim());
}
