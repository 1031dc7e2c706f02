/**
 * Before the first attempt of a run: files that still lie in the outbox were written for another mail, in a turn that did not
 * get to its end. They must not be sent to the sender of this one, so they go to failed/.
 */
import { outboxRecord, renderError } from '@tinyfat/core';
import { markFiled, unfiledDeliveries } from '@tinyfat/database';
import type { ConsumerDeps, Work } from '../consumer.ts';
import { awaitedFiles, listOutbox, setOutboxAside } from './folder.ts';
import { isOverLimit, syncDelivery } from './sync.ts';

type Deps = Pick<ConsumerDeps, 'folders' | 'clock' | 'db' | 'logger' | 'makeId' | 'workers'>;

/** Moves the leftovers into one folder of outbox/failed, with a record beside it; throws where they can't be moved: no turn may run then. */
export async function sweepLeftovers(deps: Deps, work: Pick<Work, 'agent'>): Promise<void> {
  const agentId = work.agent.id;
  const known = await unfiledDeliveries(deps.db, agentId);
  for (const { id } of known.filter(isOverLimit)) {
    await syncDelivery(deps, id);
    // Also where that failed: the files of this turn must not be taken for those that were too many before.
    await markFiled(deps.db, id, 'failed');
  }
  const awaited = awaitedFiles(known);
  const { entries, more } = await listOutbox(deps, agentId);
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

/** Gives the folder that they were moved to: an agent can make outbox/failed unusable, but not its whole folder. */
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
