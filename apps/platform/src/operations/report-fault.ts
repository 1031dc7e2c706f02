/** Errors that a page did not expect go to the log. */
import type { Logger } from '@tinyfat/core';
import type { ReportFault } from '../contract.ts';

/** Reports as `page_fault`, each under an id of its own. */
export function faultReporter(logger: Logger, makeId: () => string): ReportFault {
  return (error, route) => {
    const id = makeId();
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    logger.error('page_fault', { id, route, error: message, stack: stack?.slice(0, 2000) });
    return id;
  };
}
