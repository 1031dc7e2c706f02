/** The effects of an arrived mail besides its row, written in the same transaction. */
import type { MailReport } from '@tinyfat/core';
import {
  applyReport,
  type Database,
  liftBounced,
  markSecretAddressUsed,
  rewriteMail,
} from '@tinyfat/database';
import type { Arrival } from './contract.ts';

interface ArrivalContext {
  agentId: string;
  /** Canonical address of the author; null where there is none. */
  sender: string | null;
  /** Id of the secret address by which the mail was accepted. */
  secretAddress: string | null;
  report: MailReport | null;
  /** Epoch ms. */
  now: number;
}

/** True when the mail was a report on a delivery of the agent. */
export async function writeEffects(
  tx: Database,
  arrival: Arrival,
  context: ArrivalContext,
): Promise<boolean> {
  const { agentId, sender, secretAddress, report, now } = context;
  if (secretAddress !== null && arrival.verdict !== 'duplicate') {
    await markSecretAddressUsed(tx, secretAddress, now);
  }
  // A sender who writes has a mailbox that works, so an earlier bounce no longer counts.
  if (arrival.queued && sender !== null) await liftBounced(tx, agentId, sender);
  if (report === null || arrival.verdict !== 'automatic') return false;
  const applied = await applyReport(tx, { agentId, report, now });
  if (applied === null) return false;
  const code = report.kind === 'feedback' ? 'feedback_report' : 'delivery_report';
  await rewriteMail(tx, arrival.mailId, { reason_code: code, reason: applied.summary });
  return true;
}
