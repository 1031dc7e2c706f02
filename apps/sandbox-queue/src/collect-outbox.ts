/**
 * After a turn: every file in outbox/email becomes a delivery (invariant 6: it is only data) or goes to failed/
 * with its reason. One bad file never stops the others. Nothing is moved before the rows are written: a file
 * that is found again after a crash is recognised by its name and hash.
 */
import type { FolderEntry } from '@tinyfat/core';
import { type NewDelivery, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerPorts, Work } from './consumer.ts';
import { fileDelivery, fileLeftOver } from './file-outcome.ts';
import { prepareDelivery } from './prepare-delivery.ts';

const FOLDER = 'outbox/email';
/** Mails sent after one turn; more than that is a mistake, or an attack on somebody's mailbox. */
const MAX_MAILS = 100;
const MAX_LISTED = 10_000;

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
  const deliveries: NewDelivery[] = [];
  for (const entry of (await outboxFiles(ports, work)).slice(0, MAX_MAILS)) {
    const delivery = await prepareDelivery(ports, work, { ...run, file: entry.name, known });
    if (delivery) deliveries.push(delivery);
  }
  return {
    deliveries,
    async fileRefused() {
      for (const delivery of deliveries) {
        if (delivery.state === 'failed' || delivery.state === 'held') await fileDelivery(ports, delivery.id);
      }
    },
  };
}

/**
 * Before the first attempt of a run: what still lies in the outbox was written for somebody else's mail, in a turn
 * that did not get to its end. It must not be sent to whoever writes now, so it goes to failed/.
 */
export async function sweepLeftovers(ports: ConsumerPorts, work: Work): Promise<void> {
  const known = await unfiledDeliveries(ports.db, work.agent.id);
  for (const { name } of await outboxFiles(ports, work)) {
    if (known.some((delivery) => delivery.source_file === name)) continue;
    ports.logger.warn('outbox_left_over', { agent: work.agent.name, file: name });
    await fileLeftOver(ports, { id: ports.makeId(), agentId: work.agent.id, file: name });
  }
}

/** Oldest first, so that mails go out in the order in which the agent wrote them; hidden files are drafts. */
async function outboxFiles(ports: ConsumerPorts, work: Work): Promise<FolderEntry[]> {
  const entries = await ports.folders.list(work.agent.id, FOLDER, MAX_LISTED);
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => a.modifiedAt - b.modifiedAt || (a.name < b.name ? -1 : 1));
}
