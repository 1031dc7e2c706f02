/**
 * Reads Resend's list of received mails, for what no webhook brought: the server was down for longer than Resend tries,
 * the webhook was set up wrong, or switched off. Invariants: what is listed is stored before the mark moves, and only
 * as far as the list was read to its end; nothing older than the first look is taken.
 */
import { listedEvent } from '@tinyfat/core';
import { insertWebhookEvent, moveCursor, openCursor } from '@tinyfat/database';
import { within } from '@tinyfat/jobs';
import type { ReconcilerDeps } from './contract.ts';
import { eventRow } from './store-event.ts';

export interface Reconciler {
  /** Takes no look any more; waits for the one that is under way, so many ms at most. */
  stop(waitMs: number): Promise<void>;
}

const CURSOR = 'resend-received';
/** A mail can be listed later than one that came after it. */
const OVERLAP_MS = 3_600_000;
/** A list that never ends must end: 100,000 mails of one look. */
const MAX_PAGES = 1000;

/** Looks at once, and then again and again. Where it was never looked before, the list counts from now on. */
export async function openReconciler(deps: ReconcilerDeps): Promise<Reconciler> {
  await openCursor(deps.db, CURSOR, deps.clock());
  let stopping = false;
  let ring = () => {};
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopping) ring();
    });
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
      ring();
      await within(waitMs, ended);
    },
  };
}

/** One look; null, or why it failed. What it had found by then is stored all the same by the next one. */
async function reconcile(deps: ReconcilerDeps): Promise<{ reason: string; retryAfterMs?: number } | null> {
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
async function store(deps: ReconcilerDeps, found: readonly { id: string; at: number }[]): Promise<void> {
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
