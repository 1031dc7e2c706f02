/** Asks a person at a terminal before something is done that they may not have meant. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Where a person is asked: standard input and standard error, which is also there where the output goes to a file. */
interface Terminal {
  input: Readable & { isTTY?: boolean };
  output: Writable & { isTTY?: boolean };
}

/** Whether there is somebody to ask. */
export function isTerminal({ input, output }: Terminal): boolean {
  return input.isTTY === true && output.isTTY === true;
}

/** Whether the line that is typed is one of these words; false as well where the person breaks off. */
export async function confirm(
  { input, output }: Terminal,
  question: string,
  words: readonly string[],
): Promise<boolean> {
  const lines = createInterface({ input, output, historySize: 0 });
  try {
    const line = await new Promise<string | null>((resolve) => {
      lines.once('close', () => resolve(null));
      lines.question(question, resolve);
    });
    return line !== null && words.includes(line.trim().toLowerCase());
  } finally {
    lines.close();
  }
}
