/** What must be true together with the row of a mail that arrived; written in the same transaction. */
import type { MailReport } from '@tinyfat/core';
import {
  applyReport,
  type Database,
  liftBounced,
  markSecretAddressUsed,
  rewriteMail,
} from '@tinyfat/database';
import type { Arrival } from './contract.ts';

/** One arrival with what is known of it. */
export interface ArrivalContext {
  agentId: string;
  /** Canonical address of the author; null when it could not be told. */
  sender: string | null;
  /** Id of the secret address that let the sender in. */
  secretAddress: string | null;
  /** What the message reports, where it is a report. */
  report: MailReport | null;
  /** Epoch ms. */
  now: number;
}

/** Writes the effects of one arrival; true when it was a report on a delivery of the agent. */
export async function writeEffects(
  tx: Database,
  arrival: Arrival,
  context: ArrivalContext,
): Promise<boolean> {
  const { agentId, sender, secretAddress, report, now } = context;
  if (secretAddress !== null && arrival.verdict !== 'duplicate') {
    await markSecretAddressUsed(tx, secretAddress, now);
  }
  // Who writes has a mailbox that lives, whatever bounced before.
  if (arrival.queued && sender !== null) await liftBounced(tx, agentId, sender);
  if (report === null || arrival.verdict !== 'automatic') return false;
  const applied = await applyReport(tx, { agentId, report, now });
  if (applied === null) return false;
  const code = report.kind === 'feedback' ? 'feedback_report' : 'delivery_report';
  await rewriteMail(tx, arrival.mailId, { reason_code: code, reason: applied.summary });
  return true;
}
