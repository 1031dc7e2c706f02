/**
 * What is seen inside, as bubblewrap options (bwrap(1)). Everything that is not named here does not exist in
 * the sandbox. The options go over a pipe, so that no host path is in /proc/1/cmdline.
 */
import { dirname, isAbsolute, normalize } from 'node:path';
import type { SandboxRequest } from './contract.ts';

/** The user inside: with root the ids that are dropped to, else our own. */
export interface Inside {
  uid: number;
  gid: number;
  /** We are root: no user namespace, ids dropped by setpriv. */
  root: boolean;
}

/** The host's Node, inside; its folder is last in PATH. */
export const nodeInside = '/run/bin/node';
const gatewaySocketInside = '/run/gateway.sock';

const SHARED_MEMORY_BYTES = 64 << 20;

/** These are the sandbox's own or the agent's: nothing may be mounted over or below them. */
const TAKEN = ['/data', '/inbox', '/proc', '/dev', '/tmp', '/etc', '/usr', '/run', '/var/lib'];

const NAMESPACES = ['ipc', 'pid', 'net', 'uts', 'cgroup'].map((name) => `--unshare-${name}`);

/** Capabilities that setpriv needs to become the user inside; gone when the program starts. */
const DROP_LATER = ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`]);

export interface ViewParts {
  inside: Inside;
  nodeBinary: string;
  /** From `systemOptions`. */
  system: string[];
}

/** The options, in the order in which bubblewrap does them. Throws for a request that is a bug of ours. */
export function viewOptions(parts: ViewParts, request: SandboxRequest): string[] {
  const { inside } = parts;
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/run/bin',
    HOME: '/data',
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...request.environment,
  };
  const options = [
    ...NAMESPACES,
    ...(inside.root ? [] : ['--unshare-user']),
    '--die-with-parent',
    '--new-session',
    ...['--cap-drop', 'ALL'],
    ...(inside.root ? DROP_LATER : []),
    ...['--hostname', 'agent'],
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', variable(name), value]),
    ...parts.system,
    ...['--proc', '/proc'],
    ...['--dev', '/dev'],
    ...['--perms', '1777', '--size', String(SHARED_MEMORY_BYTES), '--tmpfs', '/dev/shm'],
    ...['--remount-ro', '/dev'],
    ...['--perms', '1777', '--size', String(request.limits.temporaryBytes), '--tmpfs', '/tmp'],
    ...['--bind', absolute(request.dataFolder), '/data'],
    ...['--ro-bind', absolute(request.inboxFolder), '/inbox'],
    ...mounts('--ro-bind', request.platformFolders),
    ...mounts('--bind', request.writableFolders ?? {}),
    ...foldersAbove(nodeInside),
    ...['--ro-bind', absolute(parts.nodeBinary), nodeInside],
  ];
  if (request.gatewaySocket !== undefined)
    options.push('--ro-bind', absolute(request.gatewaySocket), gatewaySocketInside);
  options.push('--remount-ro', '/', '--chdir', '/data');
  const broken = options.find((option) => option.includes('\0'));
  if (broken !== undefined) throw new Error(`a NUL character in ${JSON.stringify(broken)}`);
  return options;
}

function mounts(kind: '--bind' | '--ro-bind', folders: Record<string, string>): string[] {
  // Shallow first, so that a folder inside another is not covered by it.
  const sorted = Object.entries(folders).sort(([a], [b]) => a.length - b.length);
  return sorted.flatMap(([destination, source]) => [
    ...foldersAbove(free(destination)),
    ...[kind, absolute(source), destination],
  ]);
}

/** Folders that bubblewrap makes by itself on the way to a mount point would be root's alone. */
function foldersAbove(destination: string): string[] {
  const parent = dirname(destination);
  return parent === '/' ? [] : [...foldersAbove(parent), '--perms', '0755', '--dir', parent];
}

function free(destination: string): string {
  const plain =
    isAbsolute(destination) && normalize(destination) === destination && !destination.endsWith('/');
  if (!plain || TAKEN.some((taken) => `${destination}/`.startsWith(`${taken}/`)))
    throw new Error(`not a place for a folder in the sandbox: ${JSON.stringify(destination)}`);
  return destination;
}

function absolute(path: string): string {
  if (!isAbsolute(path)) throw new Error(`not an absolute path: ${JSON.stringify(path)}`);
  return path;
}

function variable(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new Error(`not a name for an environment variable: ${JSON.stringify(name)}`);
  return name;
}
