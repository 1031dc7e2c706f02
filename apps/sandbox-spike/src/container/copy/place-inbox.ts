/** Places the files of `/inbox`, which the agent can read and not write: they are root's. The folder must be there. */
import type { Container } from '../container.ts';
import { beginDeadline, complaint, copyFault, runProgram } from './run-program.ts';
import { type Packed, tarStream } from './tar-stream.ts';

/** One of them; `path` is relative, of names that are safe, and distinct. */
export interface InboxFile {
  path: string;
  content: Uint8Array;
}

interface PlaceInbox {
  container: Container;
  files: readonly InboxFile[];
  /** Folders that are there however empty. */
  folders: readonly string[];
  /** Of all files, epoch ms. */
  now: number;
  /** Ms. */
  withinMs: number;
}

/** Rejects with a `StorageError` (`copy_deadline`, `copy_failed`), or as the container does. */
export async function placeInbox({ container, files, folders, now, withinMs }: PlaceInbox): Promise<void> {
  const deadline = beginDeadline(withinMs);
  const head = { mode: 0o755, mtime: now / 1000, size: 0, target: '', owner: 0 };
  async function* packed(): AsyncGenerator<Packed> {
    for (const path of folders) yield { header: { ...head, type: 'folder', path: `./${path}/` } };
    for (const { path, content } of files) {
      const header = { ...head, type: 'file' as const, path: `./${path}`, mode: 0o644, size: content.length };
      yield { header, content };
    }
  }
  try {
    const command = ['tar', '-x', '-f', '-', '-C', '/inbox', '--no-same-owner', '--same-permissions'];
    const stdin = tarStream(packed(), () => undefined);
    const ended = await runProgram(container, deadline, { command, stdin }, async () => undefined);
    if (ended.exitCode !== 0) throw copyFault(`the container did not take the mail (${complaint(ended)})`);
  } finally {
    deadline.end();
  }
}
