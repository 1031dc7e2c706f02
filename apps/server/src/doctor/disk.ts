/** The file system of DATA_DIR: free space, and whether it suits a database. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type FileSystemRoom, roomProblem } from '../files/disk-check.ts';
import { nearestFolder } from './data-folder.ts';
import { broken, type Check, note, type Observation, ok } from './finding.ts';

interface DiskDeps {
  dataDir: string;
  room?: (path: string) => Promise<FileSystemRoom>;
  /** The text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
  mounts?: () => string;
}

const GIBIBYTE = 1024 ** 3;
/** Less is worth a note, long before the server puts mail off. */
const LITTLE_BYTES = GIBIBYTE;
const FEW_INODES = 20_000;

const NETWORK = /^(nfs4?|cifs|smb3|smbfs|9p|afs|ceph|lustre|glusterfs|ocfs2|gfs2|fuse\..*|fuse)$/;

/** Looks at the folder, or at the nearest one above it where it is not there yet. */
export function diskCheck(deps: DiskDeps): Check {
  return {
    name: 'disk',
    async look() {
      const folder = nearestFolder(deps.dataDir);
      const room = await (deps.room ?? statfs)(folder);
      const kind = kindOf((deps.mounts ?? readMounts)(), folder);
      return [free(room, kind), ...suitable(kind)];
    },
  };
}

function free(room: FileSystemRoom, kind: string | null): Observation {
  const problem = roomProblem(room);
  const bytes = room.bsize * room.bavail;
  const inodes = room.files > 0 ? ` and ${room.ffree.toLocaleString('en')} inodes` : '';
  const found = `${readable(bytes)}${inodes} free${kind === null ? '' : ` (${kind})`}`;
  if (problem !== null)
    return broken(found, 'Mail is put off until there is more. Free space, or enlarge the file system.');
  if (bytes < LITTLE_BYTES || (room.files > 0 && room.ffree < FEW_INODES))
    return note(found, 'The folder only grows: free space soon, or enlarge the file system.');
  return ok(found);
}

function suitable(kind: string | null): Observation[] {
  const said = kind === null ? null : unsuitable(kind);
  return said === null ? [] : [{ ...said, check: 'file system' }];
}

function unsuitable(kind: string): Observation | null {
  if (NETWORK.test(kind))
    return note(
      `DATA_DIR is on a network file system or one of a program (${kind})`,
      'Locks and fsync may not do there what the database needs: put DATA_DIR on a disk of this machine.',
    );
  if (kind === 'tmpfs' || kind === 'ramfs')
    return note(`DATA_DIR is in memory (${kind})`, 'A reboot loses all mail: put DATA_DIR on a disk.');
  if (kind === 'overlay')
    return note(
      'DATA_DIR is in the layer of a container (overlay)',
      'It is gone with the container: put DATA_DIR on a volume.',
    );
  return null;
}

/** The type of the file system that a folder is on: the last mount over the longest of the paths above it. */
export function kindOf(mounts: string, folder: string): string | null {
  let best: { length: number; kind: string } | null = null;
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = (before.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const kind = after.split(' ')[0] ?? '';
    const covers = point === '/' || folder === point || folder.startsWith(`${point}/`);
    if (point === '' || kind === '' || !covers) continue;
    if (best === null || point.length >= best.length) best = { length: point.length, kind };
  }
  return best?.kind ?? null;
}

function readMounts(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8');
}

function readable(bytes: number): string {
  if (bytes >= GIBIBYTE) return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
  return `${Math.floor(bytes / 1024 ** 2)} MiB`;
}
