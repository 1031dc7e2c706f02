import { chmod, lstat, rm, stat } from 'node:fs/promises';
import type { Server } from 'node:http';
import { dirname } from 'node:path';

/** sun_path of Linux (unix(7)) holds this many bytes besides the final zero. */
const LONGEST_PATH = 107;

/**
 * Listens on a unix socket that anybody who gets to see it may use: a sandbox's user sees it by a bind mount,
 * everybody else is kept out by its folder, which must be closed to group and others. Rejects, with the reason,
 * when the path is too long, something else is there, or the folder is open or missing.
 */
export async function listenOnSocketFile(server: Server, path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes > LONGEST_PATH) {
    throw new Error(`the gateway's socket path has ${bytes} bytes, ${LONGEST_PATH} are possible: ${path}`);
  }
  const folder = await stat(dirname(path));
  if ((folder.mode & 0o077) !== 0) {
    throw new Error(
      `the folder of the gateway's socket is open to other users (chmod 700): ${dirname(path)}`,
    );
  }
  await removeLeftover(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await chmod(path, 0o666).catch((error: unknown) => {
    server.close();
    throw error;
  });
}

/** A socket of a process that was killed is removed; anything else is not ours to remove. */
async function removeLeftover(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw new Error(`something that is no socket lies at ${path}`);
  await rm(path);
}
