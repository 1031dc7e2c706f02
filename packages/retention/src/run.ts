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
import type { RetentionStores, Walk } from './walk.ts';

type Remove = (walk: Walk) => Promise<void>;

/** What lies in files of each process's own, which others may not see. */
type OwnKind = 'mailbox' | 'database_copies' | 'faults';
export type OwnFiles = Readonly<Record<OwnKind, Remove>>;

export interface RetentionDeps extends RetentionStores {
  clock: Clock;
  makeId: MakeId;
  days: RetentionDays;
  /** Absent where a process has none. */
  ownFiles?: OwnFiles;
}

const DAY_MS = 24 * 3_600_000;

const REMOVE: Readonly<Record<Exclude<RetentionKind, OwnKind>, Remove>> = {
  mail: removeMails,
  sent_mail: removeSentMails,
  refused_mail: removeRefusedMails,
  refused_rows: removeRefusedRows,
  outbox: removeOutboxRecords,
  events: removeEvents,
  webhooks: removeWebhookEvents,
  sign_in: removeSignIns,
};

/** What a run would remove now. Changes nothing. */
export async function previewRetention(deps: RetentionDeps, signal: AbortSignal): Promise<RetentionReport> {
  return await walkKinds(deps, { dry: true, signal, onKind: async () => {} });
}

/** Removes what is due of the process's own files alone; on record in the log. */
export async function clearOwnFiles(deps: RetentionDeps, signal: AbortSignal): Promise<RetentionReport> {
  const walk = { dry: false, signal, onKind: async () => {} };
  const report = await walkKinds(deps, walk, deps.ownFiles ?? {});
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
  { dry, signal, onKind }: Pick<Walk, 'dry' | 'signal'> & { onKind(soFar: RetentionReport): Promise<void> },
  removes: Partial<Record<RetentionKind, Remove>> = { ...REMOVE, ...deps.ownFiles },
): Promise<RetentionReport> {
  const now = deps.clock();
  const report: RetentionReport = {};
  for (const kind of RETENTION_KINDS) {
    const days = deps.days[kind];
    const remove = removes[kind];
    if (days === null || remove === undefined || signal.aborted) continue;
    const count = { removed: 0, bytes: 0 };
    report[kind] = count;
    try {
      await remove({ ...deps, now, before: now - days * DAY_MS, dry, count, signal });
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
