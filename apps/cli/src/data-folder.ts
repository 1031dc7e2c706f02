/** DATA_DIR: what lies where in it, and what every command opens. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentFolders, RawMailStore } from '@tinyfat/core';
import { type Database, openSqlite, type Upgrade } from '@tinyfat/database';
import { sandboxOwner } from '@tinyfat/sandbox';
import { directoryFolders, rawMailDirectory } from '@tinyfat/storage';

/** Paths below DATA_DIR. */
export function dataPaths(dataDir: string) {
  return {
    agents: join(dataDir, 'agents'),
    database: join(dataDir, 'tinyfat.sqlite'),
    rawMail: join(dataDir, 'raw-mail'),
    mailbox: join(dataDir, 'mailbox'),
    cache: join(dataDir, 'cache', 'step-mom'),
    address: join(dataDir, 'server.json'),
    masterKeys: join(dataDir, 'master-keys'),
    signInKey: join(dataDir, 'sign-in-key'),
    turns: join(dataDir, 'run', 'turns'),
    sandbox: join(dataDir, 'run', 'sandbox'),
  };
}

/** An open data folder; the same for the server and for commands beside it. */
export interface DataFolder {
  paths: ReturnType<typeof dataPaths>;
  db: Database;
  folders: AgentFolders;
  rawMail: RawMailStore;
  close(): Promise<void>;
}

/**
 * Makes the folder if need be (only we can enter it), brings the tables up to date, opens everything. Rejects with
 * `NewerDatabaseError` where a newer version has been at work.
 */
export async function openDataFolder(
  dataDir: string,
  onUpgrade?: (upgrade: Upgrade) => void,
): Promise<DataFolder> {
  const paths = dataPaths(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // It may have been made by somebody else, for example with 0755 by systemd.
  chmodSync(dataDir, 0o700);
  const db = await openSqlite(paths.database, onUpgrade);
  return {
    paths,
    db,
    folders: directoryFolders({ folder: paths.agents, owner: sandboxOwner() }),
    rawMail: rawMailDirectory(paths.rawMail),
    close: () => db.destroy(),
  };
}
