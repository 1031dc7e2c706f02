/** What admins see of an installation on Workers beside its readiness: what doctor looks at on a machine, where that is the same. */
import { describeError } from '@tinyfat/core';
import { backlog, type Database, failingDeliveries } from '@tinyfat/database';
import type { HealthReport } from '../api/deps.ts';

type Finding = HealthReport['findings'][number];

/** Where more is seen. */
export const SEE_CLOUDFLARE =
  'It runs on Cloudflare Workers: the logs of each Worker, the queues, the containers and the connections to the database are in the dashboard of Cloudflare.';

/** A wake-up comes at once, a sweep each minute, and a turn has twelve minutes. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** Looks at what waits; `now` is epoch ms. Rejects as the database does. */
export async function lookAround(db: Database, now: number): Promise<Finding[]> {
  return [waiting((await backlog(db, now)).oldestDueMs), failing(await failingDeliveries(db))];
}

function waiting(oldestDueMs: number): Finding {
  const check = 'turns';
  if (oldestDueMs <= LONGEST_WAIT_MS)
    return { check, state: 'ok', found: 'no mail waits for long', mend: null };
  const minutes = Math.round(oldestDueMs / 60_000);
  return {
    check,
    state: 'broken',
    found: `a mail has been waiting for its turn for ${minutes} minutes`,
    mend: 'The log of the Worker of the queue says why: look for wake_up_not_worked and sweep_failed. Where it says nothing, all containers are busy: deploy with more (--most-turns).',
  };
}

function failing(found: Awaited<ReturnType<typeof failingDeliveries>>): Finding {
  const check = 'deliveries';
  if (found === null) return { check, state: 'ok', found: 'none that failed waits', mend: null };
  const { count, provider, code, reason } = found;
  const mails = `${count} ${count === 1 ? 'mail waits' : 'mails wait'} for another try`;
  const by = provider === null ? '' : ` by ${provider}`;
  const why = reason === null ? '' : `; the last reason: ${reason}`;
  // A reason of one mail says nothing about the others.
  const isOfAll = code !== null && /^(relay|provider)_/.test(code);
  return {
    check,
    state: isOfAll ? 'broken' : 'note',
    found: `${mails}${by}${why}`,
    mend: isOfAll
      ? `${describeError(code).nextStep} The mails are then sent by themselves.`
      : 'Sent by itself later, unless the reason stays: the outbox has all of them.',
  };
}
