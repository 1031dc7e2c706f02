/** Programs in the container whose output is read as it comes, bounded in bytes and in time. */
import { StorageError } from '@tinyfat/storage';
import type { Container, ExecOptions } from '../container.ts';

/** The environment of what copies: names are UTF-8, and sorting is by bytes. */
const ENVIRONMENT = { LC_ALL: 'C.UTF-8' };

/** How a program ended. */
export interface Ended {
  exitCode: number;
  stderr: string;
}

/** A time that all of a copy has to keep. */
export interface Deadline {
  /** Throws a `StorageError` with the code `copy_deadline` once it is over. */
  check(): void;
  /** As `work`, or rejects as `check` throws. Does not cancel it. */
  race<T>(work: Promise<T>): Promise<T>;
  /** No timer is left. */
  end(): void;
}

/** Begins one of so many ms. */
export function beginDeadline(withinMs: number): Deadline {
  const late = () =>
    new StorageError(`copying a folder took longer than ${withinMs / 1000} s`, 'copy_deadline', true);
  let isOver = false;
  const over = Promise.withResolvers<never>();
  over.promise.catch(() => undefined);
  const timer = setTimeout(() => {
    isOver = true;
    over.reject(late());
  }, withinMs);
  return {
    check() {
      if (isOver) throw late();
    },
    race: (work) => Promise.race([work, over.promise]),
    end: () => clearTimeout(timer),
  };
}

/** The container did something else than it was asked to. Another try in a new one may work. */
export function copyFault(what: string): StorageError {
  return new StorageError(`copying a folder failed: ${what}`, 'copy_failed', true);
}

/**
 * Runs a program, gives its output to `read`, and then how it ended. What `read` leaves of the output is thrown away. Rejects
 * as `read` does, where the container ends, and where the time is over.
 */
export async function runProgram<T>(
  container: Container,
  deadline: Deadline,
  { command, ...options }: ExecOptions & { command: readonly string[] },
  read: (stdout: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<Ended & { output: T }> {
  deadline.check();
  const { stdout, ended } = await deadline.race(
    container.exec(command, { environment: ENVIRONMENT, ...options }),
  );
  ended.catch(() => undefined);
  const reader = stdout.getReader();
  const close = () => void reader.cancel().catch(() => undefined);
  try {
    const output = await deadline.race(read(piecesOf(reader)));
    close();
    return { ...(await deadline.race(ended)), output };
  } catch (error) {
    close();
    throw error;
  }
}

async function* piecesOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

/** The first line of what a program said was wrong, as part of a sentence. */
export function complaint({ exitCode, stderr }: Ended): string {
  const line = stderr.trim().split('\n')[0] ?? '';
  return `exit code ${exitCode}${line === '' ? '' : `, ${line.replace(/\p{C}/gu, '\ufffd').slice(0, 200)}`}`;
}
