/**
 * Files in agents' folders: events, and records of mails in outbox/sent and outbox/failed. Nothing else in these folders is
 * looked at, and no link is followed: the names and times in them are the agent's.
 */
import { errorCode } from '@tinyfat/core';
import { agentIdsAfter, forgetOldRunTexts } from '@tinyfat/database';
import { inSlices, SLICE, type Walk } from './walk.ts';

/** More of one folder go with the next run. */
const MOST_OF_A_FOLDER = 20_000;

/** What step-mom wrote of each turn; nothing is found any more by what was in it. */
export async function removeEvents(walk: Walk): Promise<void> {
  await inFoldersOfAgents(walk, ['events']);
  const { db, before, dry } = walk;
  if (!dry) await inSlices(walk, async () => (await forgetOldRunTexts(db, before, SLICE)) === SLICE);
}

/** What became of mails; with what of a turn was too much, or left over. */
export async function removeOutboxRecords(walk: Walk): Promise<void> {
  await inFoldersOfAgents(walk, ['outbox/sent', 'outbox/failed']);
}

async function inFoldersOfAgents(walk: Walk, folders: readonly string[]): Promise<void> {
  let after = '';
  await inSlices(walk, async () => {
    const agents = await agentIdsAfter(walk.db, after, SLICE);
    for (const agent of agents) for (const folder of folders) await inFolder(walk, agent, folder);
    after = agents.at(-1) ?? after;
    return agents.length === SLICE;
  });
}

async function inFolder(walk: Walk, agent: string, folder: string): Promise<void> {
  const { folders, before, dry, count, signal, logger } = walk;
  try {
    const old = (await folders.list(agent, folder, MOST_OF_A_FOLDER)).filter(
      ({ modifiedAt }) => modifiedAt < before,
    );
    while (old.length > 0 && !signal.aborted) {
      const slice = old.splice(0, SLICE);
      await inSlices(walk, async () => {
        for (const { name, kind, size } of slice) {
          // A name that is not UTF-8 can't be said; it stays.
          if (name.includes('\ufffd')) continue;
          const path = `${folder}/${name}`;
          if (!dry && kind === 'folder' && !(await folders.removeFolder(agent, path))) continue;
          if (!dry && kind !== 'folder') await folders.unlink(agent, path);
          count.removed += 1;
          count.bytes += kind === 'file' ? size : 0;
        }
        return false;
      });
    }
  } catch (error) {
    // What one agent did to its folder keeps none of the others full.
    if (errorCode(error) !== 'ENOENT')
      logger.warn('retention_folder_left', { agent, folder, error: String(error) });
  }
}
