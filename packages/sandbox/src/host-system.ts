/** What the sandbox shows of the host's own system: /usr, the links into it, and a minimal /etc. */
import { constants, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { boundOfEtc } from './etc-folder.ts';
import { BOUND_OF_VAR } from './etc-list.ts';
import { lookAt, mayUse } from './look.ts';
import { isOpenFolder } from './read-etc.ts';

/** bubblewrap options that mount the system read-only. */
export function systemOptions(etcFolder: string): string[] {
  const options = ['--ro-bind', '/usr', '/usr'];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64']) {
    const kind = kindOf(folder);
    if (kind === 'link') options.push('--symlink', readlinkSync(folder), folder);
    if (kind === 'folder') options.push('--ro-bind', folder, folder);
  }
  options.push('--ro-bind', etcFolder, '/etc');
  for (const path of boundOfEtc()) options.push('--ro-bind', join('/etc', path), join('/etc', path));
  for (const path of BOUND_OF_VAR.filter((path) => isOpenFolder(path))) {
    // Folders that bubblewrap makes by itself would be root's alone.
    options.push('--perms', '0755', '--dir', '/var', '--perms', '0755', '--dir', '/var/lib');
    options.push('--ro-bind', path, path);
  }
  return options;
}

/** Where a system's own programs lie; none of these belongs to an ordinary user. */
export const systemProgramFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'] as const;

/**
 * The first of these folders' program of that name that we may execute; else the first that is there, so that the
 * probe can say what is wrong with it; null when it is in none.
 */
export function findProgram(name: string, folders: readonly string[]): string | null {
  const found = folders.map((folder) => join(folder, name)).filter(isFile);
  return found.find((path) => mayUse(path, constants.X_OK)) ?? found[0] ?? null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}

function kindOf(path: string): 'link' | 'folder' | null {
  const found = lookAt(path);
  if (found?.isSymbolicLink()) return 'link';
  return found?.isDirectory() ? 'folder' : null;
}
