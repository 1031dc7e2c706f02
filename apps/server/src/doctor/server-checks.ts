/**
 * The checks of doctor that a running server makes of itself, for its page of health: without those of what it holds open
 * (its ports, its database, its sandbox), which readiness has.
 */
import type { Clock } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { programPaths } from '../program.ts';
import { accountsCheck } from './accounts.ts';
import { agentToolsCheck } from './agent-tools.ts';
import { buildCheck, nodeCheck } from './build.ts';
import { certificateCheck } from './certificate.ts';
import { memoryBytes, userName } from './checks.ts';
import { dataFolderCheck } from './data-folder.ts';
import { deliveriesCheck } from './database.ts';
import { diskCheck } from './disk.ts';
import { type Check, type Finding, once } from './finding.ts';
import { keyFilesCheck } from './key-files.ts';
import { hasOwnDomain, mailDomainCheck, mailOutCheck, webhooksCheck } from './mail-settings.ts';
import { modelKeyCheck } from './model-key.ts';
import { readOpen } from './records.ts';
import { runChecks } from './run-checks.ts';
import { settingsCheck } from './settings.ts';

/** How long each may take, ms; those that ask others as long as on the command line. */
const WITHIN_MS = 3000;
const ONLINE_WITHIN_MS = 10_000;
/** A look is good for so long, however often the page is loaded, ms. */
const GOOD_MS = 5000;

interface LookDeps {
  config: Config;
  db: Database;
  clock: Clock;
}

/** Findings of all checks; with `online` also of those that ask others: name servers, the relay or provider, the model. */
export type LookAround = (online: boolean) => Promise<Finding[]>;

/** Looks around, once for all who ask within a few seconds. It never rejects. */
export function lookAround(deps: LookDeps): LookAround {
  const own = onceIn(deps.clock, () => runChecks(ownChecks(deps), { withinMs: WITHIN_MS }));
  const ofOthers = onceIn(deps.clock, async () => {
    // Few look: what speaks with relays and name servers is loaded then.
    const { onlineChecks } = await import('./online/checks.ts');
    return await runChecks(onlineChecks(deps.config), { withinMs: ONLINE_WITHIN_MS });
  });
  return async (online) => {
    const findings = await Promise.all([own(), ...(online ? [ofOthers()] : [])]);
    return findings.flat().map(inOneSentence);
  };
}

function ownChecks({ config, db, clock }: LookDeps): Check[] {
  const { dataDir } = config;
  const records = once(() => readOpen(db));
  return [
    nodeCheck(process.versions.node),
    buildCheck(programPaths.root),
    agentToolsCheck(),
    dataFolderCheck({ dataDir, uid: process.getuid?.() ?? -1, nameOf: userName }),
    diskCheck({ dataDir }),
    keyFilesCheck(config, records),
    certificateCheck({ smtp: config.smtp, ownDomain: hasOwnDomain(config), now: clock() }),
    mailDomainCheck(config),
    mailOutCheck(config),
    deliveriesCheck(records),
    webhooksCheck(config),
    modelKeyCheck(config, records),
    accountsCheck(config, records),
    settingsCheck(config, memoryBytes()),
  ];
}

/** The line for a shell stands behind the sentence that leads to it. */
function inOneSentence({ mend, run, ...finding }: Finding): Finding {
  return { ...finding, mend: run === null ? mend : [mend ?? '', run].join(' ').trim(), run: null };
}

/** What is found, once for all who ask while it is looked for, or soon after. */
function onceIn(clock: Clock, look: () => Promise<Finding[]>): () => Promise<Finding[]> {
  let last: { at: number; found: Promise<Finding[]> } | null = null;
  return async () => {
    const now = clock();
    if (last === null || now < last.at || now - last.at >= GOOD_MS) last = { at: now, found: look() };
    return await last.found;
  };
}
