/**
 * Files out of the container: small ones packed by tar(1), each name with a content of its own where several are the same
 * file; a large one as a stream. The container is not trusted: only what was asked for is taken, of just the size that was
 * listed, and no more is read than all of that can take.
 */
import { byteList } from '@tinyfat/core';
import type { StreamedContent } from '@tinyfat/storage/copy';
import { ArchiveError, BLOCK, readTar } from '@tinyfat/storage/tar';
import type { Container } from '../container.ts';
import type { Change } from './changes.ts';
import { complaint, copyFault, type Deadline, runProgram } from './run-program.ts';

export type ChangedFile = Extract<Change, { kind: 'file' }>;

/** Names come on stdin, each with a NUL behind it, and mean just themselves. */
const PACK =
  'tar -c -f - --format=posix --pax-option=delete=atime,delete=ctime,delete=mtime --numeric-owner --hard-dereference --no-recursion --null --no-unquote --verbatim-files-from --files-from=-';
/** Of one entry: three headers, names of a path's length, and what its content is padded to. */
const ENTRY_BYTES = 4 * BLOCK + 16 * 1024;

/** Calls `take` with each file that is there as it was listed, one after the other; gives those that are not. */
export async function readSmallFiles(
  { container, deadline }: { container: Container; deadline: Deadline },
  files: readonly ChangedFile[],
  take: (file: ChangedFile, bytes: Uint8Array) => Promise<void>,
): Promise<ChangedFile[]> {
  const wanted = new Map(files.map((file) => [`./${file.path}`, file]));
  const names = new TextEncoder().encode([...wanted.keys()].map((name) => `${name}\0`).join(''));
  const most = files.reduce((sum, { size }) => sum + size + ENTRY_BYTES, ENTRY_BYTES);
  const program = {
    command: ['sh', '-c', `cd /data && exec ${PACK}`],
    stdin: new Blob([names]).stream(),
  };
  await runProgram(container, deadline, program, async (stdout) => {
    try {
      for await (const { header, content } of readTar(upTo(stdout, most))) {
        const file = wanted.get(header.path);
        if (!file || header.type !== 'file' || header.size !== file.size) continue;
        wanted.delete(header.path);
        const bytes = byteList();
        for await (const piece of content) bytes.add(piece);
        await take(file, bytes.join());
      }
    } catch (error) {
      // What did not come is missing, whatever it was that came in its place.
      if (!(error instanceof ArchiveError)) throw error;
    }
  });
  return [...wanted.values()];
}

async function* upTo(pieces: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let left = most;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) throw new ArchiveError('The archive is larger than what was asked for.');
    yield piece;
  }
}

/** A file as a stream. The hash that the container names is checked by the bucket. */
export async function largeFile(
  { container, deadline }: { container: Container; deadline: Deadline },
  { path, size }: ChangedFile,
): Promise<StreamedContent> {
  const summed = await runProgram(
    container,
    deadline,
    { command: ['sha256sum', '-z', '--', `./${path}`], folder: '/data' },
    async (stdout) => {
      let text = '';
      for await (const piece of stdout) if (text.length < 64) text += new TextDecoder().decode(piece);
      return text.slice(0, 64);
    },
  );
  if (!/^[0-9a-f]{64}$/.test(summed.output)) throw copyFault(`${path} has no hash (${complaint(summed)})`);
  return {
    size,
    sha256: summed.output,
    async open() {
      deadline.check();
      // One byte more shows that it has grown.
      const command = ['head', '-c', String(size + 1), '--', `./${path}`];
      const { stdout, ended } = await deadline.race(container.exec(command, { folder: '/data' }));
      ended.catch(() => undefined);
      return stdout;
    },
  };
}
