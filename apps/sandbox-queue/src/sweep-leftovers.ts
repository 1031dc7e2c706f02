/**
 * Before the first attempt of a run: what still lies in the outbox was written for somebody else's mail, in a turn
 * that did not get to its end. It must not be sent to whoever writes now, so it goes to failed/.
 */
import { outboxRecord, renderError } from '@tinyfat/core';
import { markFiled, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerDeps, Work } from './consumer.ts';
import { fileDelivery, isOverLimit } from './file-outcome.ts';
import { awaitedFiles, lookIntoOutbox, setOutboxAside } from './outbox-folder.ts';

type Deps = Pick<ConsumerDeps, 'folders' | 'clock' | 'db' | 'logger' | 'makeId' | 'workers'>;

/**
 * Moves the leftovers into one folder of outbox/failed, with a record beside it that says why; throws where they can't
 * be moved at all, because then no turn may run.
 */
export async function sweepLeftovers(deps: Deps, work: Pick<Work, 'agent'>): Promise<void> {
  const agentId = work.agent.id;
  const known = await unfiledDeliveries(deps.db, agentId);
  for (const { id } of known.filter(isOverLimit)) {
    await fileDelivery(deps, id);
    // Whatever came of it: what this turn writes is not what was too much of the turn before.
    await markFiled(deps.db, id, 'failed');
  }
  const awaited = awaitedFiles(known);
  const { entries, more } = await lookIntoOutbox(deps, agentId);
  const left = entries.filter(({ name }) => !awaited.has(name));
  if (left.length === 0 && !more) return;
  const id = deps.makeId();
  const name = `left-over-${id}`;
  const folder = await setAside(deps, agentId, name);
  deps.logger.warn('outbox_left_over', { agent: work.agent.name, files: left.length, more, folder });
  const error = renderError('outbox_left_over', `It lies in ${folder}.`);
  const result = { state: 'failed', failedAt: deps.clock(), error, delivery: id } as const;
  const files = left.slice(0, 100).map((entry) => entry.name.toWellFormed());
  const record = outboxRecord(null, result, { folder, files, more: more || left.length > files.length });
  await deps.folders.write(agentId, `${folder}.json`, record.text);
}

/** Gives the folder where they are now: an agent can make outbox/failed unusable, but not its whole folder. */
async function setAside(deps: Deps, agentId: string, name: string): Promise<string> {
  try {
    await setOutboxAside(deps, agentId, `outbox/failed/${name}`);
    return `outbox/failed/${name}`;
  } catch (error) {
    deps.logger.warn('outbox_failed_unusable', { agent: agentId, error: String(error) });
    await setOutboxAside(deps, agentId, name);
    return name;
  }
}
