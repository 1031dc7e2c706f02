/**
 * What ends after the last test of a file, as the setup file of e2e sees to. Vitest does not hear an `afterAll` that is
 * called within a hook, where most things are started.
 */
const ends: (() => unknown)[] = [];

/** Ends something after this file, the last one first. */
export function atEnd(end: () => unknown): void {
  ends.push(end);
}

/** Ends everything; throws where something can not be ended, once all others have been. */
export async function endAll(): Promise<void> {
  const failed: unknown[] = [];
  for (const end of ends.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw new AggregateError(failed, 'not all that the tests started could be ended');
}
