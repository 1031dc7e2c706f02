/**
 * One server per data folder. The lock is a write transaction on a file of its own, which the kernel ends with
 * the process, however it dies; there is no stale lock to remove.
 */
import { DatabaseSync } from 'node:sqlite';

/** Takes the lock; null when another server has it. */
export function lockDataFolder(path: string): { release(): void } | null {
  const lock = new DatabaseSync(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return null;
    throw error;
  }
  return { release: () => lock.close() };
}
