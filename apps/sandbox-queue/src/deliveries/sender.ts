/** The sender of a process: deliveries as they become due, and the outboxes that dead workers left behind. */
import { startWorkLoop, type WorkLoop, within } from '@tinyfat/jobs';
import { syncOutbox } from '../outbox/sync.ts';
import { deliveryWork, type SenderDeps } from './send.ts';

/** How often outboxes are looked through for what a worker left that died between the end of a delivery and its file. */
const SYNC_MS = 10 * 60_000;

/** Sends until it is stopped, and syncs the outboxes. */
export function startSender(deps: SenderDeps): WorkLoop {
  let synced = syncOutbox(deps);
  const syncAgain = () => {
    synced = synced.then(() => syncOutbox(deps));
  };
  const syncing = setInterval(syncAgain, SYNC_MS);
  // Those that are `uncertain` now are to be filed, and so is what a dead worker had just sent.
  const loop = startWorkLoop(deliveryWork(deps, syncAgain));
  return {
    ...loop,
    async stop(drainMs) {
      clearInterval(syncing);
      await loop.stop(drainMs);
      await within(drainMs, synced);
    },
  };
}
