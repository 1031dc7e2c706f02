/** Reads what a turn changed in its copy on this machine, to bring it back to the bucket. */
import { closeSync, constants, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { replyFileName } from '@tinyfat/core';
import { inParallel } from '../../bucket/in-parallel.ts';
import type { CopyBounds } from '../../copy/bounds.ts';
import { type Content, inSendingOrder, type SendBack, sendOne } from '../../copy/send-back.ts';
import { descriptorPath, withFolder } from '../open-below.ts';
import { type Change, changesOf } from './changes.ts';
import type { Copied } from './copied.ts';
import { openOwn } from './walk.ts';

const readFrom = promisify(read);

interface CopyOut extends SendBack {
  /** The copy, in which nothing is alive. */
  rootFd: number;
  copied: ReadonlyMap<string, Copied>;
  bounds: CopyBounds;
}

/** Sends what was changed and removes what is gone. Rejects as the bucket does. */
export async function copyOut(out: CopyOut): Promise<void> {
  const changes = await changesOf(out, `outbox/email/${replyFileName(out.runId)}`);
  await inSendingOrder(out, changes, (some) =>
    inParallel(some, (change) => sendChange(out, change), bytesOf),
  );
}

function bytesOf(change: Change): number {
  return change.kind === 'file' ? Number(change.stats.size) : 0;
}

async function sendChange(out: CopyOut, change: Change): Promise<void> {
  out.inTime();
  const content = change.kind === 'file' ? await readFile(out, change) : change;
  if (content === null) return out.notes.left(change.path, 'changed while it was copied');
  await sendOne(out, change.path, content);
}

async function readFile(
  { rootFd, bounds }: CopyOut,
  { path, stats }: Extract<Change, { kind: 'file' }>,
): Promise<Content | null> {
  const parts = path.split('/');
  return await withFolder(rootFd, parts.slice(0, -1), null, async (folder) => {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    const fd = openOwn(descriptorPath(folder, parts.at(-1)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    try {
      const found = fstatSync(fd);
      if (!found.isFile() || found.size > bounds.fileBytes) return null;
      const bytes = new Uint8Array(found.size);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await readFrom(fd, bytes, at, bytes.length - at, at);
        if (bytesRead === 0) return null;
        at += bytesRead;
      }
      return { kind: 'file', bytes, executable: (stats.mode & 0o100n) !== 0n };
    } finally {
      closeSync(fd);
    }
  });
}
