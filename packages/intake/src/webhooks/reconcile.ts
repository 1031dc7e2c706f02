/**
 * Reads Resend's list of received mails, for mails that no webhook reported: the server was down for longer than Resend
 * tries, or the webhook was set up wrong or switched off. Invariants: listed mails are stored before the cursor moves, and
 * it moves only where the list was read to its end; no mail from before the first reading is taken.
 */
import { listedEvent } from '@tinyfat/core';
import { insertWebhookEvent, moveCursor, openCursor } from '@tinyfat/database';
import { wakeablePause, within } from '@tinyfat/jobs';
import type { ReconcileDeps, ReconcilerDeps } from './contract.ts';
import { eventRow } from './store-event.ts';

export interface Reconciler {
  /** Starts no reading any more; awaits the one under way for at most `waitMs`. */
  stop(waitMs: number): Promise<void>;
}

const CURSOR = 'resend-received';
/** A mail can be listed later than one that came after it. */
const OVERLAP_MS = 3_600_000;
/** Bounds one reading: 100,000 mails. */
const MAX_PAGES = 1000;

/** Reads at once, and then every `everyMs`. On a new database the list counts from now on. */
export async function openReconciler(deps: ReconcilerDeps): Promise<Reconciler> {
  await openCursor(deps.db, CURSOR, deps.clock());
  let stopping = false;
  const { wake, pause } = wakeablePause();
  const loop = async () => {
    let failures = 0;
    while (!stopping) {
      const problem = await reconcile(deps).catch((error) => ({ reason: String(error), retryAfterMs: 0 }));
      if (problem === null) failures = 0;
      else {
        failures += 1;
        deps.logger.warn('reconcile_failed', { provider: 'resend', reason: problem.reason, failures });
      }
      const wait = problem === null ? deps.everyMs : deps.retryMs * 2 ** Math.min(failures - 1, 20);
      await pause(Math.max(problem?.retryAfterMs ?? 0, Math.min(wait, deps.everyMs)));
    }
  };
  const ended = loop();
  return {
    async stop(waitMs) {
      stopping = true;
      wake();
      await within(waitMs, ended);
    },
  };
}

/**
 * One reading; null, or why it failed. The next one finds the same mails again. On a new database the first one finds
 * nothing, and the list counts from then on.
 */
export async function reconcile(
  deps: ReconcileDeps,
): Promise<{ reason: string; retryAfterMs?: number } | null> {
  const { startedAt, mark } = await openCursor(deps.db, CURSOR, deps.clock());
  const oldest = Math.max(startedAt, mark - OVERLAP_MS);
  const found: { id: string; at: number }[] = [];
  let before: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const listed = await deps.archive.list(before);
    if (!listed.ok) return listed;
    const { mails, more } = listed.value;
    found.push(...mails.filter(({ at }) => at >= oldest));
    const last = mails.at(-1);
    if (!more || last === undefined || last.at < oldest) {
      await store(deps, found);
      const newest = found.reduce((latest, { at }) => Math.max(latest, at), mark);
      // A time that is yet to come would hide what comes before it.
      await moveCursor(deps.db, CURSOR, Math.min(newest, deps.clock()));
      return null;
    }
    if (last.id === before) return { reason: 'The list of received mails does not go on.' };
    before = last.id;
  }
  await store(deps, found);
  return { reason: `More than ${MAX_PAGES} pages of received mails are new; only these were taken.` };
}

/** The oldest first, so that they are worked on in order of arrival. */
async function store(deps: ReconcileDeps, found: readonly { id: string; at: number }[]): Promise<void> {
  let stored = 0;
  for (const { id } of found.toReversed()) {
    const providerEvent = listedEvent(id);
    if (providerEvent === null) {
      deps.logger.warn('reconcile_skipped', {
        provider: 'resend',
        reason: 'A listed mail has no usable id.',
      });
      continue;
    }
    const event = eventRow(deps, 'resend', { eventId: `listed:${id}`, providerEvent });
    if (await insertWebhookEvent(deps.db, event)) stored += 1;
  }
  if (stored === 0) return;
  deps.logger.info('reconciled', { provider: 'resend', mails: stored });
  deps.wakeUp.wake('webhook_events');
}
