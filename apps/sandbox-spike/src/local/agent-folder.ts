/** An agent's folder around a turn: opened before, brought back after, and what a storage that fails means for the turn. */
import type { Logger, TurnOutcome, TurnRequest, TurnResult } from '@tinyfat/core';
import type { SandboxLimits } from '@tinyfat/sandbox';
import { StorageError } from '@tinyfat/storage';
import { FolderTooLarge, type TurnFolder, type TurnFolders } from '@tinyfat/storage/node';
import { NOTHING_USED } from './outcome.ts';

interface FolderDeps {
  folders: TurnFolders;
  limits: Pick<SandboxLimits, 'deadlineMs'>;
  logger: Pick<Logger, 'warn'>;
}

/** Opens the agent's folder for `use`, and brings back what was changed in it, whatever became of the turn. */
export async function inAgentFolder(
  deps: FolderDeps,
  { agentId, input }: TurnRequest,
  place: string,
  use: (folder: TurnFolder) => Promise<TurnResult>,
): Promise<TurnResult> {
  let folder: TurnFolder;
  try {
    folder = await deps.folders.open(agentId, {
      runId: input.run_id,
      sessionId: input.session.id,
      place,
      forMs: deps.limits.deadlineMs,
    });
  } catch (error) {
    return { ...NOTHING_USED, outcome: storageFailure(deps, input.run_id, error) };
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
      for (const warning of closed.warnings) {
        deps.logger.warn('folder_not_stored_whole', { run: input.run_id, warning });
      }
    } catch (error) {
      failure = storageFailure(deps, input.run_id, error);
    }
  }
  const folderBytes = folder.isCopy ? bytes : result.folderBytes;
  // What the turn made is not there for the next one, so it is run again, though it was paid for.
  return { ...result, folderBytes, outcome: failure ?? result.outcome };
}

/** Rethrows what is neither the storage's fault nor the folder's. */
function storageFailure(
  { logger }: Pick<FolderDeps, 'logger'>,
  run: string,
  error: unknown,
): Extract<TurnOutcome, { ok: false }> {
  if (error instanceof FolderTooLarge)
    return { ok: false, code: 'folder_too_large', message: error.message, retry: false };
  if (!(error instanceof StorageError)) throw error;
  logger.warn('storage_fault', { run, error: error.message });
  // The sender may read this: neither bucket nor files are named.
  return { ok: false, code: 'storage_unavailable', message: `It said ${error.code}.`, retry: true };
}
