/** How a turn of this machine gets an agent's folder: as it lies on disk, or as a copy of what lies elsewhere. */
import type { FolderEntry, FolderMeter, ListedNames } from '@tinyfat/core';
import type { DirectoryFolders } from '../directory.ts';

/** The turn that a folder is opened for. */
export interface FolderTurn {
  runId: string;
  /** The session that it goes on with. */
  sessionId: string;
  /** A private folder of this machine in which a copy may be made, and in which nothing else lies; it may be missing. */
  place: string;
  /** The longest time that the turn takes, ms. */
  forMs: number;
}

/** An agent's folder during a turn. */
export interface TurnFolder {
  /** Its path on this machine, to be shown as `/data`. */
  path: string;
  /** It lies elsewhere: what is at the path goes when it is closed. */
  isCopy: boolean;
  /** Entries of a sub-folder, as `AgentFolders` lists them. */
  list(folder: string, limit: number, names?: ListedNames): Promise<FolderEntry[]>;
  /**
   * Brings back what the turn changed, also after one that failed; nothing of the run may be alive. Rejects where the
   * storage can't be written.
   */
  close(): Promise<{
    /** What could not be brought back as it was; sentences for the owner. */
    warnings: string[];
    /** What the folder holds then; null where that was not counted. */
    bytes: number | null;
  }>;
}

/** Opens folders for turns. */
export interface TurnFolders {
  /** Rejects where the storage can't be read. */
  open(agentId: string, turn: FolderTurn): Promise<TurnFolder>;
  /** What measures folders; `walk` does for those that lie on this machine, as `FolderMeter` says, by their path. */
  meter(walk: FolderMeter): FolderMeter;
}

/** Folders that turns work on directly. */
export function directoryTurns(folders: DirectoryFolders): TurnFolders {
  return {
    async open(agentId) {
      return {
        path: await folders.pathOf(agentId),
        isCopy: false,
        list: (folder, limit, names) => folders.list(agentId, folder, limit, names),
        close: async () => ({ warnings: [], bytes: null }),
      };
    },
    meter: (walk) => async (agentId, mostBytes, signal) =>
      await walk(await folders.pathOf(agentId), mostBytes, signal),
  };
}
