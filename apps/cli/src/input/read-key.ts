/** Reads a key from standard input, be it a pipe or a person at a terminal. */
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/**
 * What was given, at most a little more than `maxBytes`. On a terminal `prompt` is called first, nothing that is typed
 * or pasted is shown, and the first line is it; null when the person broke off.
 */
export async function readKey(
  input: Readable & { isTTY?: boolean },
  maxBytes: number,
  prompt: () => void,
): Promise<string | null> {
  if (input.isTTY) return await readHiddenLine(input, prompt);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(chunks).toString();
}

/** The line editor of Node puts the terminal into raw mode; what it would echo goes nowhere. */
async function readHiddenLine(input: Readable, prompt: () => void): Promise<string | null> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(null));
      prompt();
    });
  } finally {
    lines.close();
  }
}
