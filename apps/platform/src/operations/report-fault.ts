/** What becomes of an error that a page did not expect. */
import type { Logger } from '@tinyfat/core';

/**
 * Writes what broke to the log, and gives the id of that line: the person reads the id and nothing of the error.
 * `route` is the pattern of a route, since the address that was asked for may hold a secret.
 */
export type ReportFault = (error: unknown, route: string) => string;

/** Reports as `page_fault`, each under an id of its own. */
export function faultReporter(logger: Logger, makeId: () => string): ReportFault {
  return (error, route) => {
    const id = makeId();
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    logger.error('page_fault', { id, route, error: message, stack: stack?.slice(0, 2000) });
    return id;
  };
}
