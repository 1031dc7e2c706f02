/**
 * What a database out of a backup must not do by itself. The server that made the backup may have gone on for days: what
 * waited to be sent then may have been sent since, by a server that knows nothing of this one (invariant 4).
 */
import { sql } from 'kysely';
import { forgetInstallation } from './installation.ts';
import { setMailState } from './mails.ts';
import type { Database } from './schema/index.ts';

/** A mail that waited to be sent when the backup was made; only its owner can know whether it went out since. */
export interface HeldDelivery {
  id: string;
  subject: string;
  /** JSON array of addresses. */
  recipients: string;
}

const REASON =
  'It waited to be sent when the backup was made, from which this server was restored; it may have been sent since.';

/** Rows that a worker of the other server held; one of that name may live here, so they are nobody's. */
const AT_WORK = [
  { table: 'jobs', state: 'running' },
  { table: 'webhook_events', state: 'working' },
] as const;

/**
 * Makes every delivery that waits or was being sent `uncertain`, so that only `tinyfat outbox retry` sends it, ends
 * notices to senders and owners, and forgets open requests to sign in, and whose keys and storage it had. Mails that wait for a turn stay, and get it.
 */
export async function holdRestored(tx: Database): Promise<HeldDelivery[]> {
  const held = await tx
    .updateTable('deliveries')
    .set((delivery) => ({
      state: 'uncertain',
      reason_code: 'delivery_uncertain',
      reason: REASON,
      leased_by: null,
      lease_until: null,
      filed: delivery.case().when('source_file', 'is', null).then(1).else(0).end(),
    }))
    .where('state', 'in', ['pending', 'sending'])
    .returning(['id', 'subject', 'recipients', 'mail_id', 'kind', 'seq'])
    .execute();
  for (const { kind, mail_id } of held) {
    if (kind === 'reply' || kind === 'command') await setMailState(tx, mail_id, 'failed', REASON);
  }
  for (const { table, state } of AT_WORK) {
    await sql`update ${sql.table(table)} set leased_by = null, lease_until = null
      where state = ${state}`.execute(tx);
  }
  for (const notices of ['limit_notices', 'owner_notices', 'approval_notices'] as const) {
    await sql`update ${sql.table(notices)} set state = 'dropped', leased_by = null, lease_until = null
      where state in ('pending', 'sending')`.execute(tx);
  }
  await sql`delete from sign_in_requests`.execute(tx);
  await sql`delete from oidc_requests`.execute(tx);
  await forgetInstallation(tx);
  return held
    .sort((one, other) => one.seq - other.seq)
    .map(({ id, subject, recipients }) => ({ id, subject, recipients }));
}
