/**
 * A machine on which an operator's pages are followed as they stand: `/etc`, `/opt`, `/var/lib` and `/usr/local/sbin` are
 * folders of its own, seen there by what it runs and by nothing else (a mount namespace). systemd is a stand-in that
 * reads the unit; users are made and become by the real programs.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './markdown.ts';

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OWN = ['/etc', '/opt', '/var/lib', '/usr/local/sbin'];

/** Whether this process can make such a machine: only root, where mounts are allowed. */
export function canMakeMachine(): boolean {
  if (process.getuid?.() !== 0) return false;
  const mounts = 'mount --bind /etc /opt && mount -o remount,bind,ro /opt';
  return spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', mounts]).status === 0;
}

/** Reads a unit's settings; starts it as its user, with nothing but its environment, and stops it. */
const SYSTEMCTL = `#!/bin/sh
set -eu
unit=/etc/systemd/system/tinyfat.service
of() { sed -n "s/^$1=//p" "$unit"; }
case "$*" in
*start*tinyfat* | 'enable --now tinyfat')
	user=$(of User)
	cat /etc/small-world >>/etc/tinyfat.env
	: >/etc/journal
	install -d -m "$(of StateDirectoryMode)" -o "$user" -g "$(of Group)" "/var/lib/$(of StateDirectory)"
	env -i PATH=${SYSTEM_PATH} USER="$user" HOME="$(getent passwd "$user" | cut -d: -f6)" sh -ec "
		set -a
		. '$(of EnvironmentFile)'
		exec setpriv --reuid $user --regid $(of Group) --init-groups --inh-caps=-all --no-new-privs $(of ExecStart)
	" >/etc/journal 2>&1 </dev/null &
	echo $! >/etc/pid
	until grep -q '^Everything ' /etc/journal; do
		kill -0 $! 2>/dev/null || { cat /etc/journal >&2; exit 1; }
		sleep 0.05
	done
	;;
'stop tinyfat')
	kill "$(cat /etc/pid)" 2>/dev/null || :
	tail --pid "$(cat /etc/pid)" -f /dev/null
	;;
esac
`;

/** What a command of the machine printed, and its exit code. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Machine {
  /** Where a path of the machine lies for the test. */
  at(path: string): string;
  write(path: string, text: string, mode: number): void;
  /** From now on `/opt/tinyfat` has the packages and the Node of this checkout, as `npm ci` and the download would give. */
  givePackages(): void;
  /** Runs a script with `set -e`, as root. */
  run(script: string): Promise<Ended>;
  /** What the service printed since its last start. */
  journal(): string;
  /** Stops the service, and removes everything. */
  dispose(): Promise<void>;
}

/** Makes it; `settings` end up in `/etc/tinyfat.env` behind the page's, before the service starts. */
export function makeMachine(settings: Readonly<Record<string, string>>): Machine {
  const root = mkdtempSync(join(tmpdir(), 'tinyfat-machine-'));
  chmodSync(root, 0o755);
  const at = (path: string) => join(root, path);
  const write: Machine['write'] = (path, text, mode) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  for (const folder of [...OWN, '/root']) mkdirSync(at(folder), { recursive: true });
  execFileSync('cp', ['-aT', '/etc', at('/etc')]);
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  write('/etc/small-world', lines.join(''), 0o600);
  write('/usr/local/sbin/systemctl', SYSTEMCTL, 0o755);
  write('/usr/local/sbin/journalctl', '#!/bin/sh\nexec cat /etc/journal\n', 0o755);

  const mounts = OWN.map((folder) => `mount --bind '${at(folder)}' ${folder}`);
  const run: Machine['run'] = (script) =>
    new Promise((resolve) => {
      const env = { PATH: SYSTEM_PATH, HOME: at('/root'), SCRIPT: script };
      const words = [
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-ec',
        `${mounts.join('\n')}\nexec sh -ec "$SCRIPT"`,
      ];
      execFile('unshare', words, { env, cwd: '/' }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
      );
    });

  return {
    at,
    write,
    givePackages() {
      for (const folder of packageFolders()) {
        mkdirSync(at(`/opt/tinyfat/${folder}`), { recursive: true });
        mounts.push(
          `mount --bind '${join(ROOT, folder)}' '/opt/tinyfat/${folder}'`,
          `mount -o remount,bind,ro '/opt/tinyfat/${folder}'`,
        );
      }
      stamp(at('/opt/tinyfat'));
    },
    run,
    journal: () => (existsSync(at('/etc/journal')) ? readFileSync(at('/etc/journal'), 'utf8') : ''),
    async dispose() {
      if (existsSync(at('/etc/pid'))) await run('systemctl stop tinyfat');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A repository with what this checkout holds now, committed or not: for `git clone`. */
export function makeRepository(folder: string): void {
  const identity = ['-c', 'safe.directory=*', '-c', 'user.name=x', '-c', 'user.email=x@example.com'];
  const git = (cwd: string, ...words: string[]) =>
    execFileSync('git', [...identity, ...words], { cwd, encoding: 'utf8', maxBuffer: 1e8 });
  const names = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  const there = [...new Set(names)].filter((name) => name !== '' && existsSync(join(ROOT, name)));
  mkdirSync(folder, { recursive: true });
  execFileSync('cp', ['--parents', '-Pt', folder, ...there], { cwd: ROOT });
  git(folder, 'init', '-q');
  git(folder, 'add', '--all', '--force');
  git(folder, 'commit', '-qm', 'now');
}

/** Gives a fresh clone copies of them; links, where the file system lets us. */
export function copyPackages(clone: string): void {
  for (const folder of packageFolders()) {
    mkdirSync(join(clone, dirname(folder)), { recursive: true });
    const words = ['-a', join(ROOT, folder), join(clone, dirname(folder))];
    try {
      execFileSync('cp', ['-l', ...words], { stdio: 'pipe' });
    } catch {
      execFileSync('cp', words);
    }
  }
  stamp(clone);
}

/** What `npm ci` and the download of Node made in this checkout. */
function packageFolders(): string[] {
  const list =
    'ls -d node_modules apps/*/node_modules packages/*/node_modules .runtime/node 2>/dev/null || :';
  return execFileSync('sh', ['-c', list], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
}

/** As the launcher writes it after `npm ci`. */
function stamp(clone: string): void {
  const lock = readFileSync(join(clone, 'package-lock.json'));
  mkdirSync(join(clone, '.runtime'), { recursive: true });
  writeFileSync(
    join(clone, '.runtime/packages'),
    execFileSync('cksum', { input: lock, encoding: 'utf8' }).trim(),
  );
}
