/** Counts of attempts to sign in, shared by all processes and by every restart. */
import { type LockName, transact } from './locks.ts';
import type { Database, SignInAttemptKind } from './schema/index.ts';

/** At most `most` of a kind for a subject within the last `windowMs`, which is a day at the longest. */
export interface AttemptLimit {
  kind: SignInAttemptKind;
  subject: string;
  most: number;
  windowMs: number;
}

const RETAINED_MS = 24 * 3_600_000;

/**
 * Records an attempt for each subject at `now` if none of the limits is reached; else records nothing and gives when all
 * of them let one through again, epoch ms. Two at once can't both be the last one of a subject.
 */
export async function noteAttempt(
  db: Database,
  limits: readonly AttemptLimit[],
  now: number,
): Promise<number | null> {
  return await transact(db, limits.map(lockOf), async (tx) => {
    await tx
      .deleteFrom('sign_in_attempts')
      .where('at', '<=', now - RETAINED_MS)
      .execute();
    const waits: number[] = [];
    for (const { kind, subject, most, windowMs } of limits) {
      // This one is the oldest of `most`: while it is within the window, the limit is reached.
      const deciding = await tx
        .selectFrom('sign_in_attempts')
        .select('at')
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .where('at', '>', now - windowMs)
        .orderBy('at', 'desc')
        .offset(most - 1)
        .limit(1)
        .executeTakeFirst();
      if (deciding) waits.push(deciding.at + windowMs);
    }
    if (waits.length > 0) return Math.max(...waits);
    await tx
      .insertInto('sign_in_attempts')
      .values(limits.map(({ kind, subject }) => ({ kind, subject, at: now })))
      .execute();
    return null;
  });
}

/** Takes back the attempt that `noteAttempt` recorded at `at` for each subject. */
export async function forgetAttempt(
  db: Database,
  limits: readonly Pick<AttemptLimit, 'kind' | 'subject'>[],
  at: number,
): Promise<void> {
  // Two at once must not take the same one back.
  await transact(db, limits.map(lockOf), async (tx) => {
    for (const { kind, subject } of limits) {
      const one = tx
        .selectFrom('sign_in_attempts')
        .select('seq')
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .where('at', '=', at)
        .limit(1);
      await tx.deleteFrom('sign_in_attempts').where('seq', 'in', one).execute();
    }
  });
}

function lockOf({ kind, subject }: Pick<AttemptLimit, 'kind' | 'subject'>): LockName {
  return `sign-in:${kind} ${subject}`;
}
