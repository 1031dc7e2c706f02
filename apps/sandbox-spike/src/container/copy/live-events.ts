/** Uploads the events of a turn while it runs, so that pages show it live. */
import { byteList } from '@tinyfat/core';
import type { Bucket } from '@tinyfat/storage';
import { keyBelow, repeat } from '@tinyfat/storage/copy';
import type { Container } from '../container.ts';
import type { Copied } from './copy-in.ts';
import { MANIFEST_FORMAT, readManifest } from './manifest.ts';
import { beginDeadline, type Deadline, runProgram } from './run-program.ts';

/** A larger file is not read by anybody (`RunEvents`). */
const MAX_BYTES = 5_000_000;
/** A run begins one; the agent can add more, which wait for the end of the turn. */
const MAX_FILES = 2;
/** Things in the folder that are looked at. */
const MAX_LISTED = 1000;
/** The folder is looked through again every so many rounds. */
const LOOK_EVERY = 5;
/** Of one round, ms. */
const ROUND_MS = 10_000;
const LIST = ['find', './events', '-maxdepth', '1', '-type', 'f', '-printf', MANIFEST_FORMAT];
/** Arguments: path, size that is known, most bytes. Nothing comes of a file of that size; a pipe is not waited for. */
const READ =
  'test -f "$1" && test "$(stat -c %s -- "$1")" != "$2" && exec timeout 5 head -c "$3" -- "$1"; true';

interface LiveEvents {
  container: Container;
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  /** What was copied in; files that are uploaded are added, so that they count as such at the end. */
  copied: Copied;
  everyMs: number;
}

/** Begins; the function that it gives ends it, and resolves when nothing is under way. */
export function uploadEvents({
  container,
  bucket,
  prefix,
  copied,
  everyMs,
}: LiveEvents): () => Promise<void> {
  /** By path. */
  const sizes = new Map<string, number>();
  /** Written by somebody else: looked at when the turn is over. */
  const others = new Set<string>();
  let rounds = 0;

  const look = async (deadline: Deadline) => {
    const program = { command: LIST, folder: '/data', user: 'agent' as const };
    const { output } = await runProgram(container, deadline, program, async (stdout) => {
      const paths: string[] = [];
      for await (const { path } of readManifest(stdout)) {
        if (path !== null) paths.push(path);
        if (paths.length === MAX_LISTED) break;
      }
      return paths;
    });
    const fresh = output.filter((path) => !copied.has(path) && keyBelow(prefix, path) !== null).sort();
    for (const path of fresh.slice(0, MAX_FILES - sizes.size)) if (!sizes.has(path)) sizes.set(path, 0);
  };

  const upload = async (deadline: Deadline, path: string, size: number) => {
    const command = ['sh', '-c', READ, 'sh', `./${path}`, String(size), String(MAX_BYTES)];
    const program = { command, folder: '/data', user: 'agent' as const };
    const { output } = await runProgram(container, deadline, program, async (stdout) => {
      const bytes = byteList();
      for await (const piece of stdout) if (bytes.length + piece.length <= MAX_BYTES) bytes.add(piece);
      return bytes.join();
    });
    if (output.length === 0) return;
    const before = copied.get(path);
    const put = await bucket.put(`${prefix}${path}`, output, {
      only: before ? { etag: before.etag } : 'absent',
    });
    sizes.set(path, output.length);
    if (put.ok) copied.set(path, { etag: put.etag, sha256: null, executable: false, state: null });
    else others.add(path);
  };

  return repeat(everyMs, async () => {
    const deadline = beginDeadline(ROUND_MS);
    try {
      if (rounds % LOOK_EVERY === 0 || sizes.size === 0) await look(deadline);
      rounds += 1;
      for (const [path, size] of sizes) if (!others.has(path)) await upload(deadline, path, size);
    } finally {
      deadline.end();
    }
  });
}
