/**
 * Finds what owners are to be mailed about, once a minute in every process that sends: the row of a notice is unique for its
 * matter, so that a mail goes out at most once. What was left while nothing ran is looked for two hours back.
 */
import { type Clock, faultText, type Logger, type MakeId, monthOf } from '@tinyfat/core';
import {
  type AlertKind,
  type Alerts,
  alertsOfAll,
  askForOwnerNotice,
  capsUsedSince,
  type Database,
  dayOfOwner,
  deleteOldOwnerNotices,
  digestOwners,
  failedRunsSince,
  newestOwnerNotice,
  type UnansweredMail,
} from '@tinyfat/database';
import { OWNERS_TO_MEND } from '../job/fail-job.ts';
import type { NoticeContent } from './owner-letters.ts';

export interface OwnerAlertDeps {
  db: Database;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  /** What all agents of one owner may cost in a month, micro-dollars, where the owner has no budget; null: no cap. */
  ownerBudgetMicroUsd: number | null;
}

/** How often it is looked. */
export const ALERTS_EVERY_MS = 60_000;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BACK_MS = 2 * HOUR_MS;
/** From this share on an owner is told that a budget is nearly used. */
const SHARE = 0.8;
/** Mails that one notice names. */
const MOST_NAMED = 20;
/** The hour of a day (UTC) from which on the digest of the day before goes out. */
const DIGEST_HOUR_MS = 6 * HOUR_MS;
/** Longer than a month: a budget is mailed about once in each. */
const REMEMBERED_MS = 45 * DAY_MS;
/** Characters of a subject or an error in a letter. */
const MOST_TEXT = 200;

/** Asks for the notices that are due. A step that fails is a line in the log; never rejects. */
export async function collectAlerts(deps: OwnerAlertDeps): Promise<void> {
  const now = deps.clock();
  for (const [step, work] of [
    ['failed', failures],
    ['budget', budgets],
    ['digest', digests],
    ['old', (d: OwnerAlertDeps) => deleteOldOwnerNotices(d.db, now - REMEMBERED_MS)],
  ] as const) {
    try {
      await work(deps, now);
    } catch (error) {
      deps.logger.warn('owner_alerts_failed', { step, error: faultText(error) });
    }
  }
}

/** One mail an hour at most: what failed since the one before. */
async function failures(deps: OwnerAlertDeps, now: number): Promise<void> {
  // Owners learn of those by a mail of their own, at once; and who stops a run knows of it.
  const failed = await failedRunsSince(deps.db, now - BACK_MS, [...OWNERS_TO_MEND, 'run_stopped']);
  const alerts = await wanted(deps, failed, 'failed');
  for (const [owner, { since }] of alerts) {
    const before = (await newestOwnerNotice(deps.db, owner, 'failed'))?.created_at ?? 0;
    const fresh = failed.filter(
      (run) => run.owner === owner && run.finishedAt > since && run.finishedAt > before,
    );
    if (fresh.length > 0)
      await ask(deps, now, owner, `hour ${Math.floor(now / HOUR_MS)}`, failedContent(fresh));
  }
}

function failedContent(runs: readonly UnansweredMail[]): NoticeContent {
  const mails = runs.slice(0, MOST_NAMED).map(({ agent, sender, subject, error }) => ({
    agent,
    sender: sender.slice(0, MOST_TEXT),
    subject: subject.slice(0, MOST_TEXT),
    error: error.slice(0, MOST_TEXT),
  }));
  return { kind: 'failed', mails, more: runs.length - mails.length };
}

/** Once for each budget and month. */
async function budgets(deps: OwnerAlertDeps, now: number): Promise<void> {
  const month = monthOf(now);
  const used = await capsUsedSince(deps.db, {
    since: now - 5 * MINUTE_MS,
    share: SHARE,
    month,
    ownerDefault: deps.ownerBudgetMicroUsd,
  });
  const alerts = await wanted(deps, used, 'budget');
  const name = new Date(month.from).toISOString().slice(0, 7);
  for (const { owner, agent, cap } of used) {
    if (!alerts.has(owner)) continue;
    await ask(deps, now, owner, `${name} ${agent ?? ''}`.trim(), {
      kind: 'budget',
      month: name,
      agent,
      spentMicroUsd: cap.spent,
      monthlyMicroUsd: cap.monthly,
    });
  }
}

/** The day before, from six o'clock (UTC) on; not for those who chose it later on the same day. */
async function digests(deps: OwnerAlertDeps, now: number): Promise<void> {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const from = today - DAY_MS;
  if (now < today + DIGEST_HOUR_MS) return;
  const day = new Date(from).toISOString().slice(0, 10);
  for (const owner of await digestOwners(deps.db, day, today + DIGEST_HOUR_MS)) {
    const counted = await dayOfOwner(deps.db, owner, { from, to: today });
    await ask(deps, now, owner, day, { kind: 'digest', day, ...counted });
  }
}

async function wanted(
  { db }: OwnerAlertDeps,
  matters: readonly { owner: string }[],
  kind: AlertKind,
): Promise<Map<string, Alerts>> {
  const owners = [...new Set(matters.map(({ owner }) => owner))];
  const chosen = await alertsOfAll(db, owners);
  return new Map([...chosen].filter(([, alerts]) => alerts[kind]));
}

async function ask(
  { db, makeId }: OwnerAlertDeps,
  now: number,
  owner: string,
  about: string,
  content: NoticeContent,
): Promise<void> {
  const { kind } = content;
  await askForOwnerNotice(db, { id: makeId(), owner, kind, about, content: JSON.stringify(content) }, now);
}
