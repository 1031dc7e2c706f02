/** The checks of doctor that a running server can make of itself: cheap, and without a look at what it holds open. */
import { type Database, failingDeliveries } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { certificateCheck } from './certificate.ts';
import { deliveriesCheck } from './database.ts';
import { diskCheck } from './disk.ts';
import type { Check, Finding } from './finding.ts';
import { hasOwnDomain, mailDomainCheck, mailOutCheck, webhooksCheck } from './mail-settings.ts';
import { runChecks } from './run-checks.ts';

/** How long all of them may take, ms. */
const WITHIN_MS = 3000;

/** Findings of all checks; `now` is epoch ms. Never rejects. */
export async function lookAround(config: Config, db: Database, now: number): Promise<Finding[]> {
  return await runChecks(checks(config, db, now), { withinMs: WITHIN_MS });
}

function checks(config: Config, db: Database, now: number): Check[] {
  const records = async () => ({
    state: 'open' as const,
    // Counted by nothing here: the lists of agents and keys can be long.
    ...{ agents: 0, owners: 0, keyOwners: 0 },
    failing: await failingDeliveries(db),
  });
  return [
    diskCheck({ dataDir: config.dataDir }),
    certificateCheck({ smtp: config.smtp, ownDomain: hasOwnDomain(config), now }),
    mailDomainCheck(config),
    mailOutCheck(config),
    deliveriesCheck(records),
    webhooksCheck(config),
  ];
}
