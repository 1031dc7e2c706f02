/**
 * Copies an agent's folder from the bucket to `/data` of a container that was just started, by tar(1) as the agent. What
 * lies in the bucket may have been made by the agent: keys are checked, nothing is put behind a file or a link, and links
 * are made last. `/data` must be there, empty, and the agent's.
 */
import type { Clock } from '@tinyfat/core';
import { agentSubfolders, type Bucket } from '@tinyfat/storage';
import { type CopyBounds, objectsOfTurn, type Stored } from '@tinyfat/storage/copy';
import type { Container } from '../container.ts';
import { objectsInOrder } from './fetch-objects.ts';
import { MANIFEST_FORMAT, readManifest } from './manifest.ts';
import { packFolder } from './pack-folder.ts';
import { beginDeadline, complaint, copyFault, runProgram } from './run-program.ts';
import { tarStream } from './tar-stream.ts';

/** One thing that was copied in. */
export interface CopiedObject extends Stored {
  /** How it lay in the container then (`Found.state`); null where that is not known, and its content counts. */
  state: string | null;
}

/** What a copy brought in, by path; that of a folder ends with a slash. What is uploaded meanwhile is added. */
export type Copied = Map<string, CopiedObject>;

interface CopyIn {
  container: Container;
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  /** The session that the turn goes on with: it is copied however old it is. */
  sessionId: string;
  bounds: CopyBounds;
  clock: Clock;
}

/** Unpacks what comes on stdin and lists it. */
const UNPACK = `umask 022 && cd /data && tar -x -f - --no-same-owner --same-permissions && exec find . -printf '${MANIFEST_FORMAT}'`;

/**
 * Copies all but old records. Rejects with `FolderTooLarge`, with an error that has the code `ENOENT` where there is no
 * folder, with a `StorageError` (also `copy_deadline`, `copy_failed`), or as the container does.
 */
export async function copyIn({
  container,
  bucket,
  prefix,
  sessionId,
  bounds,
  clock,
}: CopyIn): Promise<Copied> {
  const deadline = beginDeadline(bounds.withinMs);
  const copied: Copied = new Map();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  try {
    const listed = await deadline.race(objectsOfTurn({ bucket, prefix, sessionId, bounds }));
    const fetched = objectsInOrder({ bucket, prefix, listed, mostBytes: bounds.bytes, deadline });
    const packed = packFolder(fetched, {
      folders: agentSubfolders,
      now: clock(),
      taken: (path, stored) => copied.set(path, { ...stored, state: null }),
    });
    // What breaks in the storage is told from what then breaks in the container.
    const stdin = tarStream(packed, broken.reject);
    const command = ['sh', '-c', UNPACK];
    const unpacked = runProgram(container, deadline, { command, user: 'agent', stdin }, (stdout) =>
      noteStates(copied, stdout),
    );
    unpacked.catch(() => undefined);
    const ended = await Promise.race([unpacked, broken.promise]);
    if (ended.exitCode !== 0) throw copyFault(`the container did not take it (${complaint(ended)})`);
    return copied;
  } finally {
    deadline.end();
  }
}

async function noteStates(copied: Copied, stdout: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const { path, kind, state } of readManifest(stdout)) {
    const known = path === null ? undefined : copied.get(kind === 'd' ? `${path}/` : path);
    if (known) known.state = state;
  }
}
