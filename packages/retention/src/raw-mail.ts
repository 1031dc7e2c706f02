/** Looks through the stored messages for what a crash left behind. */
import type { Clock, Logger, RawMailStore } from '@tinyfat/core';
import { type Database, namedRawKeys } from '@tinyfat/database';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A crash leaves what was in work, at most some hundred messages. */
const MOST_UNNAMED = 500;
const MANY_UNNAMED =
  'So many stored messages are in no row that none was removed: is this the database that belongs to them?';

export interface RawMailSweepDeps {
  db: Database;
  rawMail: Pick<RawMailStore, 'sweep'>;
  clock: Clock;
  logger: Logger;
}

/** One walk. It stops after the message in hand when `signal` is aborted; one that fails is logged. Never rejects. */
export async function sweepRawMail(
  { db, rawMail, clock, logger }: RawMailSweepDeps,
  signal: AbortSignal,
): Promise<void> {
  const now = clock();
  let removed = 0;
  try {
    const { seen, unnamed } = await rawMail.sweep(
      {
        mostUnnamed: MOST_UNNAMED,
        unfinishedBefore: now - HOUR_MS,
        unnamedBefore: now - DAY_MS,
        named: (keys) => namedRawKeys(db, keys),
        onRemoved: ({ key, kind, bytes }) => {
          removed += 1;
          logger.info('raw_mail_removed', { raw_key: key, kind, bytes });
        },
      },
      signal,
    );
    logger.debug('raw_mail_swept', { seen, unnamed, removed });
    if (unnamed > MOST_UNNAMED) logger.warn('raw_mail_unnamed', { unnamed, fix: MANY_UNNAMED });
  } catch (error) {
    logger.warn('raw_mail_sweep_failed', { removed, error: String(error) });
  }
}
