/** One run over all kinds that are not kept forever. */
import {
  type Clock,
  type MakeId,
  RETENTION_KINDS,
  type RetentionDays,
  type RetentionKind,
  type RetentionReport,
} from '@tinyfat/core';
import { beginDailyRun, beginRun, countOldSignIns, deleteOldSignIns, recordRun } from '@tinyfat/database';
import { removeEvents, removeOutboxRecords } from './agent-files.ts';
import {
  removeMails,
  removeRefusedMails,
  removeRefusedRows,
  removeSentMails,
  removeWebhookEvents,
} from './messages.ts';
import { removeDatabaseCopies, removeFaults, removeMailbox } from './own-files.ts';
import type { RetentionStores, Walk } from './walk.ts';

export interface RetentionDeps extends RetentionStores {
  clock: Clock;
  makeId: MakeId;
  days: RetentionDays;
}

const DAY_MS = 24 * 3_600_000;

const REMOVE: Record<RetentionKind, (walk: Walk) => Promise<void>> = {
  mail: removeMails,
  sent_mail: removeSentMails,
  refused_mail: removeRefusedMails,
  refused_rows: removeRefusedRows,
  outbox: removeOutboxRecords,
  events: removeEvents,
  webhooks: removeWebhookEvents,
  sign_in: removeSignIns,
  mailbox: removeMailbox,
  database_copies: removeDatabaseCopies,
  faults: removeFaults,
};

/** What lies in the data folder of each process, which others may not see. */
const OF_THIS_FOLDER: readonly RetentionKind[] = ['mailbox', 'database_copies', 'faults'];

/** What a run would remove now. Changes nothing. */
export async function previewRetention(deps: RetentionDeps, signal: AbortSignal): Promise<RetentionReport> {
  return await walkKinds(deps, { kinds: RETENTION_KINDS, dry: true, signal, onKind: async () => {} });
}

/** Removes what is due of the data folder alone; on record in the log. */
export async function clearDataFolder(deps: RetentionDeps, signal: AbortSignal): Promise<RetentionReport> {
  const walk = { kinds: OF_THIS_FOLDER, dry: false, signal, onKind: async () => {} };
  const report = await walkKinds(deps, walk);
  logReport(deps, report);
  return report;
}

/**
 * Removes what is due and records it. `daily`: null, and nothing is done, where a process began the run of today already.
 * Several at once do no harm: each row and file is counted by the one that removed it. A kind that fails is in the report
 * with the reason, and keeps no other from its turn.
 */
export async function runRetention(
  deps: RetentionDeps,
  { daily, signal }: { daily: boolean; signal: AbortSignal },
): Promise<RetentionReport | null> {
  const { db, clock } = deps;
  const run = { id: deps.makeId(), now: clock() };
  if (!daily) await beginRun(db, run);
  else if (!(await beginDailyRun(db, run))) return null;
  const report = await walkKinds(deps, {
    kinds: RETENTION_KINDS,
    dry: false,
    signal,
    onKind: async (soFar) => await recordRun(db, run.id, soFar, null),
  });
  if (!signal.aborted) await recordRun(db, run.id, report, clock());
  logReport(deps, report);
  return report;
}

function logReport({ logger }: Pick<RetentionDeps, 'logger'>, report: RetentionReport): void {
  for (const [kind, { removed, bytes, error }] of Object.entries(report)) {
    if (error !== undefined) logger.warn('retention_failed', { kind, removed, bytes, error });
    else if (removed > 0) logger.info('retention', { kind, removed, bytes });
  }
}

async function walkKinds(
  deps: RetentionDeps,
  {
    kinds,
    dry,
    signal,
    onKind,
  }: Pick<Walk, 'dry' | 'signal'> & {
    kinds: readonly RetentionKind[];
    onKind(soFar: RetentionReport): Promise<void>;
  },
): Promise<RetentionReport> {
  const now = deps.clock();
  const report: RetentionReport = {};
  for (const kind of kinds) {
    const days = deps.days[kind];
    if (days === null || signal.aborted) continue;
    const count = { removed: 0, bytes: 0 };
    report[kind] = count;
    try {
      await REMOVE[kind]({ ...deps, now, before: now - days * DAY_MS, dry, count, signal });
    } catch (error) {
      report[kind] = { ...count, error: String(error) };
    }
    await onKind(report);
  }
  return report;
}

async function removeSignIns({ db, before, dry, count }: Walk): Promise<void> {
  count.removed += await (dry ? countOldSignIns(db, before) : deleteOldSignIns(db, before));
}
