/**
 * One container of the stand-in: namespaces of bubblewrap that live until they are ended, and programs that enter them.
 *
 * What it does not prove. The system inside is this machine's, read-only, with Node and step-mom of this checkout, not the
 * image; `/data`, `/inbox` and `/tmp` are in memory. The kernel is shared, where Cloudflare has a virtual machine for each
 * container. Where this process is not root, `root` and `agent` inside are the same user, so nothing that file permissions or
 * `kill` by user would show is shown. No limit on memory, processors or processes is kept.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface BoxPlaces {
  /** A folder of its own on this machine; taken away at the end. */
  folder: string;
  programFolder: string;
  skillsFolder: string;
  /** Holds the sockets of the way out, and nothing else. */
  wayOutFolder: string;
  /** PEM text of the authority that signs for intercepted HTTPS. */
  authority: string;
  /** What `/data` may hold, bytes. */
  diskBytes: number;
  /** Whether anything leads to the way out. */
  network: boolean;
}

export interface BoxCommand {
  command: readonly string[];
  user: 'root' | 'agent';
  environment: Readonly<Record<string, string>>;
  folder: string;
}

export interface Box {
  /** A program that runs inside. */
  run(command: BoxCommand): ChildProcessWithoutNullStreams;
  /** One with all rights inside, which no program of a container has. */
  look(command: readonly string[]): ChildProcessWithoutNullStreams;
  /** Kills all that runs inside; resolves once it is gone. */
  end(): Promise<void>;
  /** Resolves once it is gone, however it ended. */
  gone: Promise<void>;
}

const IS_ROOT = process.getuid?.() === 0;
const AGENT = 1000;
const INSIDE_NETWORK = fileURLToPath(new URL('./inside-network.ts', import.meta.url));
const PATH = '/opt/node/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';
/** As the image sets it. */
const IMAGE_ENVIRONMENT = { PATH, HOME: '/data', TMPDIR: '/tmp', LANG: 'C.UTF-8' };
/** What root of a container has by default (Docker's list), as far as tests need it. */
const CAPABILITIES = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'];
const AGENT_IS = `--reuid=${AGENT} --regid=${AGENT} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs`;

/** Starts one: its own processes, network, and file system. */
export async function startBox(places: BoxPlaces): Promise<Box> {
  const etc = makeEtc(places);
  const init = spawn('/usr/bin/bwrap', options(places, etc), {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => init.once('close', () => resolve()));
  const said = text(init.stderr);
  const pid = await Promise.race([startedPid(init.stdio[3], init.stdout), gone.then(() => null)]);
  if (pid === null) throw new Error(`bubblewrap does not start a container: ${said()}`);
  const running = new Set<ChildProcessWithoutNullStreams>();

  function enter(command: readonly string[], environment: Readonly<Record<string, string>>, folder: string) {
    const user = IS_ROOT ? [] : ['--user', '--preserve-credentials'];
    const namespaces = ['--mount', '--pid', '--net', '--ipc', '--uts', ...user, `--root=/proc/${pid}/root`];
    const child = spawn(
      '/usr/bin/nsenter',
      ['-t', String(pid), ...namespaces, `--wdns=${folder}`, '--', ...command],
      {
        env: { ...IMAGE_ENVIRONMENT, ...environment },
        stdio: 'pipe',
      },
    );
    running.add(child);
    child.once('close', () => running.delete(child));
    // Who hangs up on a program that has ended is no fault.
    child.stdin.on('error', () => {});
    return child;
  }

  async function end(): Promise<void> {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    await gone;
    await Promise.all([...running].map((child) => new Promise((resolve) => child.once('close', resolve))));
    rmSync(places.folder, { recursive: true, force: true });
  }

  if (places.network) await openNetwork(enter);
  return {
    run({ command, user, environment, folder }) {
      const drop =
        user === 'agent' ? AGENT_IS.split(' ') : [`--bounding-set=-all,+${CAPABILITIES.join(',+')}`];
      return enter(IS_ROOT ? ['setpriv', ...drop, '--', ...command] : command, environment, folder);
    },
    look: (command) => enter(command, {}, '/'),
    end,
    gone,
  };
}

function options(places: BoxPlaces, etc: string): string[] {
  return [
    ...(IS_ROOT ? [] : ['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL']),
    ...[
      '--unshare-pid',
      '--unshare-net',
      '--unshare-ipc',
      '--unshare-uts',
      '--die-with-parent',
      '--new-session',
    ],
    ...['--clearenv', '--hostname', 'container', '--info-fd', '3'],
    ...['--ro-bind', '/usr', '/usr', ...['/bin', '/sbin', '/lib', '/lib32', '/lib64'].flatMap(systemFolder)],
    ...['--bind', etc, '/etc', '--ro-bind', '/etc/alternatives', '/etc/alternatives'],
    ...['--proc', '/proc', '--dev', '/dev', '--perms', '1777', '--tmpfs', '/tmp'],
    ...[
      '--perms',
      '0755',
      '--size',
      String(places.diskBytes),
      '--tmpfs',
      '/data',
      '--perms',
      '0755',
      '--tmpfs',
      '/inbox',
    ],
    ...[
      '--perms',
      '0755',
      '--dir',
      '/opt',
      '--perms',
      '0755',
      '--dir',
      '/opt/node',
      '--perms',
      '0755',
      '--dir',
      '/opt/node/bin',
    ],
    ...['--ro-bind', process.execPath, '/opt/node/bin/node'],
    ...['--ro-bind', places.programFolder, '/opt/step-mom', '--ro-bind', places.skillsFolder, '/opt/skills'],
    ...['--perms', '0700', '--dir', '/run', '--perms', '0700', '--dir', '/run/stand-in'],
    ...[
      '--ro-bind',
      dirname(INSIDE_NETWORK),
      '/run/stand-in/programs',
      '--ro-bind',
      places.wayOutFolder,
      '/run/stand-in/way-out',
    ],
    ...[
      '--',
      '/bin/sh',
      '-c',
      `${IS_ROOT ? `chown ${AGENT}:${AGENT} /data && ` : ''}echo ready && exec sleep infinity`,
    ],
  ];
}

function systemFolder(path: string): string[] {
  try {
    const link = statSync(path).isDirectory() ? linkOf(path) : null;
    return link === null ? ['--ro-bind', path, path] : ['--symlink', link, path];
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function makeEtc({ folder, authority }: BoxPlaces): string {
  const etc = join(folder, 'etc');
  mkdirSync(join(etc, 'cloudflare', 'certs'), { recursive: true });
  mkdirSync(join(etc, 'alternatives'), { recursive: true });
  const files = {
    passwd: `root:x:0:0:root:/root:/bin/sh\nagent:x:${AGENT}:${AGENT}::/data:/bin/bash\n`,
    group: `root:x:0:\nagent:x:${AGENT}:\n`,
    hosts: '127.0.0.1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'resolv.conf': 'nameserver 127.0.0.1\n',
    'cloudflare/certs/cloudflare-containers-ca.crt': authority,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(etc, name), content);
  return etc;
}

/** The host's id of the first process inside, once its file system stands. */
async function startedPid(info: unknown, stdout: Readable | null): Promise<number | null> {
  let said = '';
  if (info instanceof Readable) for await (const chunk of info) said += chunk;
  for await (const chunk of stdout ?? []) if (String(chunk).includes('ready')) break;
  const found: unknown = JSON.parse(said)['child-pid'];
  return typeof found === 'number' ? found : null;
}

/** All addresses lead to the program that forwards, so that traffic is caught wherever it is sent. */
async function openNetwork(
  enter: (
    command: string[],
    environment: Record<string, string>,
    folder: string,
  ) => ChildProcessWithoutNullStreams,
): Promise<void> {
  const route = enter(['ip', 'route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo'], {}, '/');
  const why = text(route.stderr);
  const code = await new Promise((resolve) => route.once('close', resolve));
  if (code !== 0) throw new Error(`the network of a container does not open: ${why()}`);
  const network = enter(
    ['node', '/run/stand-in/programs/inside-network.ts', '/run/stand-in/way-out'],
    {},
    '/',
  );
  const fault = text(network.stderr);
  await new Promise<void>((resolve, reject) => {
    network.stdout.once('data', () => resolve());
    network.once('close', () => reject(new Error(`the network of a container does not open: ${fault()}`)));
  });
}

function text(stream: Readable | null): () => string {
  let all = '';
  stream?.on('data', (chunk) => {
    all += chunk;
  });
  return () => all;
}
