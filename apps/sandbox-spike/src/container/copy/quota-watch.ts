/** Ends a turn whose agent's folder grows beyond what it may hold: the container's own disk is all that it could fill. */
import { byteSize } from '@tinyfat/core';
import { repeat } from '@tinyfat/storage/copy';
import type { Container } from '../container.ts';
import { beginDeadline, runProgram } from './run-program.ts';

/** A folder that is not measured so often in a row is one that can't be. */
const MAX_FAILURES = 3;
/** Ms. */
const MEASURED_IN = 20_000;

interface QuotaWatch {
  container: Container;
  /** Bytes. */
  mostBytes: number;
  everyMs: number;
  /** Called once, with a sentence for the sender. */
  stop(reason: string): void;
}

/** Begins; the function that it gives ends it, and resolves when nothing is under way. */
export function watchQuota({ container, mostBytes, everyMs, stop }: QuotaWatch): () => Promise<void> {
  let failures = 0;
  let isOver = false;
  const halt = (reason: string) => {
    if (!isOver) stop(reason);
    isOver = true;
  };
  const end = repeat(everyMs, async () => {
    if (isOver) return;
    const bytes = await measure(container).catch(() => null);
    failures = bytes === null ? failures + 1 : 0;
    if (failures === MAX_FAILURES) halt('What it holds can not be measured.');
    if (bytes !== null && bytes > mostBytes) halt(`It holds more than ${byteSize(mostBytes)}.`);
  });
  return async () => {
    isOver = true;
    await end();
  };
}

/** Prints what all files are long, each name counted, as they are stored. */
const SUM = `find /data -xdev -type f -printf '%s\\n' | awk '{ sum += $1 } END { printf "%d", sum }'`;

/** Bytes; null where the container does not say. */
async function measure(container: Container): Promise<number | null> {
  const deadline = beginDeadline(MEASURED_IN);
  try {
    const command = ['timeout', '-s', 'KILL', String(MEASURED_IN / 1000), 'sh', '-c', SUM];
    const { output } = await runProgram(container, deadline, { command }, async (stdout) => {
      let text = '';
      for await (const piece of stdout) if (text.length < 100) text += new TextDecoder().decode(piece);
      return text;
    });
    // find(1) complains, and goes on, where something goes away meanwhile.
    return /^\d{1,15}$/.test(output) ? Number(output) : null;
  } finally {
    deadline.end();
  }
}
