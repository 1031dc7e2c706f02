/**
 * Agents' folders that lie in a bucket, as private copies of this machine for the time of a turn: copied in before, brought
 * back after, by credentials that open this one folder for this time. The copy is gone when the turn is over.
 */
import { closeSync, fchownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@tinyfat/core';
import type { Bucket } from '../../bucket/bucket.ts';
import { agentPrefix } from '../../bucket/keys.ts';
import { bucketMeter, bytesBelow } from '../../bucket/meter.ts';
import { COPY_BOUNDS, type CopyBounds, within } from '../../copy/bounds.ts';
import { createNotes, writeNotes } from '../../copy/notes.ts';
import type { MintCredentials } from '../../s3/credentials.ts';
import type { S3Credentials } from '../../s3/requests.ts';
import { directoryFolders } from '../directory.ts';
import { type GiveToOwner, openRoot } from '../open-below.ts';
import { removeAll } from '../remove-all.ts';
import { copyIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import { uploadEvents } from './live-events.ts';
import type { FolderTurn, TurnFolder, TurnFolders } from './turn-folders.ts';

interface WorkingCopiesOptions {
  /** Asked for with the key of the settings, outside of turns. */
  bucket: Bucket;
  /** The bucket, asked for with these credentials. */
  open(credentials: S3Credentials): Bucket;
  mint: MintCredentials;
  /** Before all keys; empty, or with a slash at its end. */
  root: string;
  /** Owner of the files inside the sandbox; null = the user that we run as. */
  owner: { uid: number; gid: number } | null;
  clock: Clock;
  bounds?: CopyBounds;
  /** How often events are uploaded while a turn runs, ms. */
  eventsEveryMs?: number;
}

const EVENTS_EVERY_MS = 2000;
/** Clocks differ. */
const SPARE_MS = 60_000;

/** Makes what opens copies. Opening rejects with `FolderTooLarge` or as the bucket does, and leaves nothing behind. */
export function workingCopies(options: WorkingCopiesOptions): TurnFolders {
  const { owner, clock, bounds = COPY_BOUNDS } = options;
  const own: GiveToOwner = (fd) => {
    if (owner) fchownSync(fd, owner.uid, owner.gid);
  };

  const copyOf = async (agentId: string, turn: FolderTurn): Promise<TurnFolder> => {
    const prefix = agentPrefix(options.root, agentId);
    const bucket = options.open(
      await options.mint({
        prefix,
        ttlSeconds: Math.ceil((turn.forMs + 2 * bounds.withinMs + SPARE_MS) / 1000),
        permission: 'object-read-write',
      }),
    );
    const local = directoryFolders({ folder: turn.place, owner });
    const path = join(turn.place, agentId);
    mkdirSync(path, { mode: 0o755 });
    const rootFd = openRoot(path);
    let copied: Awaited<ReturnType<typeof copyIn>>;
    try {
      own(rootFd);
      const { sessionId } = turn;
      const inTime = within(clock, bounds);
      copied = await copyIn({ bucket, prefix, rootFd, owner, own, bounds, sessionId, inTime });
    } finally {
      closeSync(rootFd);
    }
    const everyMs = options.eventsEveryMs ?? EVENTS_EVERY_MS;
    const stopEvents = uploadEvents({ bucket, prefix, local, agentId, copied, everyMs });
    return {
      path,
      isCopy: true,
      list: (folder, limit, names) => local.list(agentId, folder, limit, names),
      async close() {
        await stopEvents();
        const notes = createNotes();
        const out = openRoot(path);
        try {
          const inTime = within(clock, bounds);
          await copyOut({ bucket, prefix, rootFd: out, copied, bounds, runId: turn.runId, notes, inTime });
        } finally {
          closeSync(out);
          await removeAll(turn.place);
        }
        const warnings = notes.sentences();
        await writeNotes(bucket, prefix, { runId: turn.runId, sentences: warnings, now: clock() });
        return { warnings, bytes: await bytesBelow(bucket, prefix) };
      },
    };
  };

  return {
    async open(agentId, turn) {
      try {
        return await copyOf(agentId, turn);
      } catch (error) {
        await removeAll(turn.place);
        throw error;
      }
    },
    meter: () => bucketMeter(options),
  };
}
