/** Makes what was there before the search findable, a few rows every second, until all is. */
import { faultText } from '@tinyfat/core';
import { backFillSearch, type ConsumerDeps } from '@tinyfat/sandbox-queue';
import type { Part } from './part.ts';
import { type Recurring, startRecurring } from './recurring.ts';

const EVERY_MS = 1000;

/** The back-fill as a part of the server; it rests once nothing is left. */
export function searchBackFill(deps: ConsumerDeps): Part<Recurring> {
  return {
    name: 'search back-fill',
    async start() {
      let isDone = false;
      return startRecurring(EVERY_MS, async (signal) => {
        if (isDone) return;
        try {
          isDone = !(await backFillSearch(deps, signal));
        } catch (error) {
          deps.logger.warn('search_back_fill_failed', { error: faultText(error) });
        }
      });
    },
    stop: (running) => running.stop(),
  };
}
