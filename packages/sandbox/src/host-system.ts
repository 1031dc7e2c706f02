/** What the sandbox shows of the host's own system: /usr, the links into it, and a minimal /etc. */
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Of the host's /etc, and nothing else: how to find libraries, alternatives and certificates. */
const ETC_OF_HOST = [
  'ld.so.cache',
  'alternatives',
  'ssl/certs',
  'pki/tls/certs',
  'pki/ca-trust/extracted',
  'ca-certificates/extracted',
];

/** bubblewrap options that mount the system read-only. */
export function systemOptions(etcFolder: string): string[] {
  const options = ['--ro-bind', '/usr', '/usr'];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const kind = kindOf(folder);
    if (kind === 'link') options.push('--symlink', readlinkSync(folder), folder);
    if (kind === 'folder') options.push('--ro-bind', folder, folder);
  }
  options.push('--ro-bind', etcFolder, '/etc');
  for (const path of ETC_OF_HOST) {
    if (follow(join('/etc', path))) options.push('--ro-bind', join('/etc', path), join('/etc', path));
  }
  return options;
}

/**
 * Makes the folder that is /etc inside: one user, localhost, and mount points for what comes from the host.
 * Readable for every user, whatever our umask. The same for every process with these ids, so making it again
 * is harmless.
 */
export function makeEtcFolder(runtimeFolder: string, uid: number, gid: number): string {
  const folder = join(runtimeFolder, `etc-${uid}-${gid}`);
  makeFolder(folder, runtimeFolder);
  writeFile(folder, 'passwd', `agent:x:${uid}:${gid}:agent:/data:/bin/bash\n`);
  writeFile(folder, 'group', `agent:x:${gid}:\n`);
  writeFile(folder, 'hosts', '127.0.0.1 localhost\n::1 localhost\n');
  writeFile(folder, 'nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  for (const path of ETC_OF_HOST) {
    const found = follow(join('/etc', path));
    if (found?.isDirectory()) makeFolder(join(folder, path), folder);
    if (found?.isFile()) writeFile(folder, path, '');
  }
  return folder;
}

function makeFolder(path: string, above: string): void {
  if (path === above) return;
  makeFolder(dirname(path), above);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

function writeFile(folder: string, name: string, text: string): void {
  const unfinished = join(folder, `.${name}.${process.pid}`);
  writeFileSync(unfinished, text);
  chmodSync(unfinished, 0o644);
  renameSync(unfinished, join(folder, name));
}

/** Where a system's own programs lie; none of these belongs to an ordinary user. */
export const systemProgramFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'] as const;

/**
 * The first of these folders' program of that name that we may execute; else the first that is there, so that the
 * probe can say what is wrong with it; null when it is in none.
 */
export function findProgram(name: string, folders: readonly string[]): string | null {
  const found = folders.map((folder) => join(folder, name)).filter((path) => follow(path)?.isFile());
  return found.find(executable) ?? found[0] ?? null;
}

/** Whether this process may execute it. */
export function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function kindOf(path: string): 'link' | 'folder' | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) return 'link';
  return found?.isDirectory() ? 'folder' : null;
}

function follow(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
