/** Looks through the stored messages at the start and once a day, for what a crash left behind. */
import type { Clock, Logger, RawMailStore } from '@tinyfat/core';
import { type Database, namedRawKeys } from '@tinyfat/database';
import type { Part } from './part.ts';
import { type Recurring, startRecurring } from './recurring.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A crash leaves what was in work, at most some hundred messages. */
const MOST_UNNAMED = 500;
const MANY_UNNAMED =
  'So many stored messages are in no row that none was removed: is this the database that belongs to them?';

interface SweeperDeps {
  db: Database;
  rawMail: Pick<RawMailStore, 'sweep'>;
  clock: Clock;
  logger: Logger;
}

/** Starts the first walk. One that fails is logged; the next one comes a day later all the same. It stops after the message in hand. */
export function startRawMailSweeper({ db, rawMail, clock, logger }: SweeperDeps): Recurring {
  return startRecurring(DAY_MS, async (signal) => {
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
  });
}

/** The sweeper as a part of the server. */
export function rawMailSweeper(deps: SweeperDeps): Part<Recurring> {
  return {
    name: 'raw mail sweeper',
    start: async () => startRawMailSweeper(deps),
    stop: (sweeper) => sweeper.stop(),
  };
}
