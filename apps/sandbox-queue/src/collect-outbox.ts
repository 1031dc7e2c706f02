/**
 * After a turn: every file in outbox/email becomes a delivery (invariant 6: it is only data) or goes to failed/
 * with its reason. One bad file never stops the others. Nothing is moved before the rows are written: a file
 * that is found again after a crash is recognised by its name and hash.
 */
import type { FolderEntry } from '@tinyfat/core';
import { type Delivery, markFiled, type NewDelivery, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerPorts, Work } from './consumer.ts';
import { fileFailed } from './file-outcome.ts';
import { prepareDelivery } from './prepare-delivery.ts';

const FOLDER = 'outbox/email';
/** Files looked at after one turn; the rest waits for the next. */
const MAX_FILES = 100;

/** What the outbox held. */
export interface CollectedOutbox {
  /** In the order of sending; refused ones too, in state `failed`. */
  deliveries: NewDelivery[];
  /** Moves what was refused or held to failed/; to be called once the rows are written. */
  fileRefused(): Promise<void>;
}

/** Checks, composes and stores every new file of an agent's outbox; writes no rows. */
export async function collectOutbox(
  ports: ConsumerPorts,
  work: Work,
  run: { runId: string; footer: string | null },
): Promise<CollectedOutbox> {
  const known = await unfiledDeliveries(ports.db, work.agent.id);
  const entries = await ports.folders.list(work.agent.id, FOLDER, MAX_FILES);
  const deliveries: NewDelivery[] = [];
  for (const entry of inOrder(entries)) {
    const delivery = await prepareDelivery(ports, work, { ...run, file: entry.name });
    if (!isKnown(known, delivery)) deliveries.push(delivery);
  }
  return {
    deliveries,
    async fileRefused() {
      for (const delivery of deliveries) {
        if (delivery.state !== 'failed' && delivery.state !== 'held') continue;
        await fileFailed(ports, { ...delivery, reason: delivery.reason ?? null });
        await markFiled(ports.db, delivery.id);
      }
    },
  };
}

/** Oldest first, so that mails go out in the order in which the agent wrote them; hidden files are drafts. */
function inOrder(entries: readonly FolderEntry[]): FolderEntry[] {
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => a.modifiedAt - b.modifiedAt || (a.name < b.name ? -1 : 1));
}

function isKnown(known: readonly Delivery[], delivery: NewDelivery): boolean {
  return known.some(
    (other) => other.source_file === delivery.source_file && other.source_sha256 === delivery.source_sha256,
  );
}
