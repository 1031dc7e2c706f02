/** Where agents' folders and raw mail lie: in DATA_DIR, or in a bucket of S3 or R2. */
import type { AgentFolders, Clock, RawMailStore } from '@tinyfat/core';
import { sandboxOwner } from '@tinyfat/sandbox';
import {
  type BucketRuntime,
  bucketFolders,
  bucketRawMail,
  bucketTrees,
  type FolderTrees,
  openBucket,
  r2Credentials,
  type S3Account,
} from '@tinyfat/storage';
import {
  directoryFolders,
  directoryTurns,
  rawMailDirectory,
  type TurnFolders,
  workingCopies,
} from '@tinyfat/storage/node';

/** A bucket, and what turns may do in it. */
export interface StorageConfig {
  account: S3Account;
  /** Before all keys; empty, or with a slash at its end. */
  root: string;
  /** `r2`: credentials for one folder and the time of the turn; `parent`: the key of the settings itself. */
  turnCredentials: 'r2' | 'parent';
}

/** All that is stored beside the database. */
export interface Storage {
  folders: AgentFolders & FolderTrees;
  rawMail: RawMailStore;
  turnFolders: TurnFolders;
}

/** Opens the bucket, or the folders of DATA_DIR where there is none. Asks for nothing yet. */
export function openStorage(
  config: StorageConfig | null,
  paths: { agents: string; rawMail: string },
  clock: Clock = Date.now,
): Storage {
  const owner = sandboxOwner();
  if (config === null) {
    const folders = directoryFolders({ folder: paths.agents, owner });
    return { folders, rawMail: rawMailDirectory(paths.rawMail), turnFolders: directoryTurns(folders) };
  }
  const { account, root, turnCredentials } = config;
  const runtime: BucketRuntime = { clock, random: Math.random };
  const bucket = openBucket(account, runtime);
  return {
    folders: { ...bucketFolders({ bucket, root, clock }), ...bucketTrees({ bucket, root }) },
    rawMail: bucketRawMail({ bucket, root }),
    turnFolders: workingCopies({
      bucket,
      open: (credentials) => openBucket({ ...account, credentials }, runtime),
      mint: turnCredentials === 'r2' ? r2Credentials(account, clock) : async () => account.credentials,
      root,
      owner,
      clock,
    }),
  };
}
