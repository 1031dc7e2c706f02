/**
 * Brings back to the bucket what a turn changed in its container. First all that the agent runs is ended; then what lies in
 * `/data` is listed, compared with what was copied in, and sent by the rules of `sendOne`: what the API wrote meanwhile stays,
 * the outbox comes last.
 */
import { type Clock, replyFileName } from '@tinyfat/core';
import type { Bucket } from '@tinyfat/storage';
import {
  bytesBelow,
  type CopyBounds,
  createNotes,
  inParallel,
  inSendingOrder,
  type SendBack,
  sendOne,
  workPool,
  writeNotes,
} from '@tinyfat/storage/copy';
import type { Container } from '../container.ts';
import { type Change, type Changes, changesOf, FIRST } from './changes.ts';
import type { Copied } from './copy-in.ts';
import { CANNOT_FORK, END_AGENT, killAgent, STILL_ALIVE } from './end-agent.ts';
import { MANIFEST_FORMAT, readManifest } from './manifest.ts';
import { type ChangedFile, largeFile, readSmallFiles } from './read-files.ts';
import { beginDeadline, complaint, copyFault, type Deadline, runProgram } from './run-program.ts';

/** A larger file is sent as a stream. */
const SMALL_BYTES = 2 * 1024 * 1024;
/** In memory while they are sent. */
const SENT_AT_ONCE = { atOnce: 6, bytesAtOnce: 8 * 1024 * 1024 };
/** Below so many folders nothing is stored (`keyBelow`); the first of those is noted. */
const MAX_DEPTH = 17;

/** Lists the folder, the paths of the arguments first. */
const LIST = `
cd /data || exit 1
for path; do
  shift
  if [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"; fi
done
exec find "$@" . -maxdepth ${MAX_DEPTH} -printf '${MANIFEST_FORMAT}'
`;

interface CopyOut {
  container: Container;
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  copied: Copied;
  runId: string;
  bounds: CopyBounds;
  clock: Clock;
}

/** What came of it. */
export interface CopiedOut {
  /** What the folder holds then. */
  bytes: number;
  /** What could not be brought back as it was; sentences for the owner. */
  warnings: string[];
  /** Files, links and folders that were looked at because they were not as they were copied in. */
  changed: number;
  /** Things of what was copied in that were no longer there. */
  gone: number;
}

/**
 * Brings all back; afterwards nothing of the agent is alive in the container. Rejects with a `StorageError` (also
 * `copy_deadline`, `copy_failed`), or as the container does; what was sent before stays.
 */
export async function copyOut(options: CopyOut): Promise<CopiedOut> {
  const { container, bucket, prefix, copied, runId, bounds, clock } = options;
  const deadline = beginDeadline(bounds.withinMs);
  const notes = createNotes();
  const out: SendBack = { bucket, prefix, copied, runId, notes, inTime: deadline.check };
  try {
    const changes = await listChanges(options, deadline, out);
    const from = { container, deadline };
    await inSendingOrder(out, changes, (some) => deadline.race(sendAll(out, from, some)));
    const warnings = notes.sentences();
    await writeNotes(bucket, prefix, { runId, sentences: warnings, now: clock() });
    return {
      bytes: await bytesBelow(bucket, prefix),
      warnings,
      changed: changes.changed.length,
      gone: changes.gone.length,
    };
  } finally {
    deadline.end();
  }
}

async function listChanges(
  { container, copied, runId, bounds }: CopyOut,
  deadline: Deadline,
  { notes }: SendBack,
): Promise<Changes> {
  const first = [`outbox/email/${replyFileName(runId)}`, ...FIRST].map((path) => `./${path}`);
  const command = ['sh', '-c', `${END_AGENT}${LIST}`, 'sh', ...first];
  const list = () =>
    runProgram(container, deadline, { command }, (stdout) =>
      changesOf({ copied, bounds, notes }, readManifest(stdout)),
    );
  let ended = await list();
  if (ended.exitCode === CANNOT_FORK) {
    await killAgent(container, deadline);
    ended = await list();
  }
  if (ended.exitCode === STILL_ALIVE) throw copyFault('processes of the agent did not end');
  // An unfinished list must not look like files that the agent removed.
  if (ended.output.isWhole && ended.exitCode !== 0)
    throw copyFault(`the folder was not listed (${complaint(ended)})`);
  return ended.output;
}

/** Links and folders, then small files, then large ones. */
async function sendAll(
  out: SendBack,
  from: { container: Container; deadline: Deadline },
  changes: readonly Change[],
): Promise<void> {
  await inParallel(
    changes.flatMap((change) => (change.kind === 'file' ? [] : [change])),
    (change) => sendOne(out, change.path, change),
  );
  const files = changes.flatMap((change) => (change.kind === 'file' ? [change] : []));
  const small = files.filter(({ size }) => size <= SMALL_BYTES);
  if (small.length > 0) await sendSmall(out, from, small);
  for (const file of files) {
    if (file.size <= SMALL_BYTES) continue;
    const bytes = await largeFile(from, file);
    await sendOne(out, file.path, { kind: 'file', bytes, executable: file.executable });
  }
}

async function sendSmall(
  out: SendBack,
  from: { container: Container; deadline: Deadline },
  files: readonly ChangedFile[],
): Promise<void> {
  const pool = workPool(SENT_AT_ONCE);
  const missing = await readSmallFiles(from, files, ({ path, size, executable }, bytes) =>
    pool.add(size, () => sendOne(out, path, { kind: 'file', bytes, executable })),
  );
  await pool.end();
  for (const { path } of missing) out.notes.left(path, 'could not be read: it changed while it was copied');
}
