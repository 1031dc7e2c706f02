/** Which checks there are, in the order in which they are shown. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { lookIntoPostgres } from '@tinyfat/database/postgres';
import type { Config } from '../config.ts';
import { dataPaths } from '../data-folder.ts';
import { programPaths } from '../program.ts';
import { accountsCheck } from './accounts.ts';
import { agentToolsCheck } from './agent-tools.ts';
import { buildCheck, nodeCheck } from './build.ts';
import { certificateCheck } from './certificate.ts';
import { dataFolderCheck } from './data-folder.ts';
import { databaseCheck, deliveriesCheck } from './database.ts';
import { diskCheck } from './disk.ts';
import { type Check, isFolder, once } from './finding.ts';
import { keyFilesCheck } from './key-files.ts';
import { hasOwnDomain, mailDomainCheck, mailOutCheck, webhooksCheck } from './mail-settings.ts';
import { modelKeyCheck } from './model-key.ts';
import { httpPortCheck, smtpPortCheck } from './ports.ts';
import { type PostgresSeen, postgresCheck } from './postgres.ts';
import { type Records, readPostgresRecords, readRecords } from './records.ts';
import { sandboxCheck } from './sandbox.ts';
import { settingsCheck } from './settings.ts';

/** Checks of this machine, and of the database wherever it is. They change nothing and use no other network. */
export function localChecks(config: Config): Check[] {
  const { dataDir } = config;
  const postgres = once(async () => await seePostgres(config));
  const records = once(async (): Promise<Records> => {
    const seen = await postgres();
    if (seen !== null) return await readPostgresRecords(seen);
    // The check of the folder says what is wrong with the folder itself.
    return isFolder(dataDir) ? await readRecords(dataPaths(dataDir).database) : { state: 'absent' };
  });
  return [
    nodeCheck(process.versions.node),
    buildCheck(programPaths.root),
    sandboxCheck(),
    agentToolsCheck(),
    dataFolderCheck({ dataDir, uid: process.getuid?.() ?? -1, nameOf: userName }),
    diskCheck({ dataDir }),
    postgresCheck(postgres),
    databaseCheck(records),
    keyFilesCheck(config, records),
    smtpPortCheck(config),
    httpPortCheck(config),
    certificateCheck({ smtp: config.smtp, ownDomain: hasOwnDomain(config), now: Date.now() }),
    mailDomainCheck(config),
    mailOutCheck(config),
    deliveriesCheck(records),
    webhooksCheck(config),
    modelKeyCheck(config, records),
    accountsCheck(config, records),
    settingsCheck(config, memoryBytes()),
  ];
}

async function seePostgres({ database }: Pick<Config, 'database'>): Promise<PostgresSeen> {
  if (database === null) return null;
  try {
    return { look: await lookIntoPostgres(database) };
  } catch (error) {
    return { error };
  }
}

/** Of this machine, or of the container around this process. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** The name of a user as /etc/passwd has it, else the number. */
export function userName(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid));
  return line?.split(':')[0] || String(uid);
}
