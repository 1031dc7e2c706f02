/** An agent's folder around a turn: opened before, brought back after, and what a storage that fails means for the turn. */
import type { Logger, TurnOutcome, TurnResult } from '@tinyfat/core';
import { NOTHING_USED } from './outcome.ts';
import { storageFailure } from './storage-failure.ts';

/** The folder for one turn. */
export interface OpenedFolder {
  /** It is not the agent's folder itself: what is not brought back is lost. */
  isCopy: boolean;
  /** Brings back what was changed; `bytes`: what it holds then, null where that is not known. */
  close(): Promise<{ warnings: readonly string[]; bytes: number | null }>;
}

/** Opens the agent's folder for `use`, and brings back what was changed in it, whatever became of the turn. */
export async function inAgentFolder<Folder extends OpenedFolder>(
  { logger, run }: { logger: Pick<Logger, 'warn'>; run: string },
  open: () => Promise<Folder>,
  use: (folder: Folder) => Promise<TurnResult>,
): Promise<TurnResult> {
  let folder: Folder;
  try {
    folder = await open();
  } catch (error) {
    return { ...NOTHING_USED, outcome: storageFailure(logger, run, error) };
  }
  let result: TurnResult;
  let failure: TurnOutcome | null = null;
  let bytes: number | null = null;
  try {
    result = await use(folder);
  } finally {
    try {
      const closed = await folder.close();
      bytes = closed.bytes;
      for (const warning of closed.warnings) logger.warn('folder_not_stored_whole', { run, warning });
    } catch (error) {
      failure = storageFailure(logger, run, error);
    }
  }
  const folderBytes = folder.isCopy ? bytes : result.folderBytes;
  // What the turn made is not there for the next one, so it is run again, though it was paid for.
  return { ...result, folderBytes, outcome: failure ?? result.outcome };
}
