/** All migrations in order; a landed one is never changed. */
import type { Migration } from 'kysely/migration';
import * as start from './0001-start.ts';
import * as door from './0002-door.ts';
import * as keys from './0003-keys.ts';
import * as doubt from './0004-doubt.ts';
import * as held from './0005-held.ts';
import * as webhooks from './0005-webhooks.ts';
import * as budgets from './0006-budgets.ts';
import * as tokens from './0007-tokens.ts';
import * as accounts from './0008-accounts.ts';
import * as rawKeys from './0010-raw-keys.ts';
import * as agentSettings from './0011-agent-settings.ts';
import * as oneSchema from './0012-one-schema.ts';
import * as limitNotices from './0013-limit-notices.ts';
import * as awaitingApproval from './0014-awaiting-approval.ts';
import * as leases from './0015-leases.ts';
import * as indexes from './0016-indexes.ts';
import * as retention from './0017-retention.ts';
import * as installation from './0020-installation.ts';
import * as attention from './0021-attention.ts';
import * as approvals from './0022-approvals.ts';
import * as mailsBySender from './0023-mails-by-sender.ts';
import * as stops from './0024-stops.ts';
import * as pausedAgents from './0025-paused-agents.ts';
import * as folders from './0026-folders.ts';
import * as usageHours from './0027-usage-hours.ts';
import * as search from './0028-search.ts';
import * as settings from './0029-settings.ts';
import * as usageDays from './0030-usage-days.ts';
import * as searchRuns from './0031-search-runs.ts';
import * as searchNotes from './0032-search-notes.ts';

export const migrations: Record<string, Migration> = {
  '0001-start': start,
  '0002-door': door,
  '0003-keys': keys,
  '0004-doubt': doubt,
  '0005-held': held,
  '0005-webhooks': webhooks,
  '0006-budgets': budgets,
  '0007-tokens': tokens,
  '0008-accounts': accounts,
  '0010-raw-keys': rawKeys,
  '0011-agent-settings': agentSettings,
  '0012-one-schema': oneSchema,
  '0013-limit-notices': limitNotices,
  '0014-awaiting-approval': awaitingApproval,
  '0015-leases': leases,
  '0016-indexes': indexes,
  '0017-retention': retention,
  '0020-installation': installation,
  '0021-attention': attention,
  '0022-approvals': approvals,
  '0023-mails-by-sender': mailsBySender,
  '0024-stops': stops,
  '0025-paused-agents': pausedAgents,
  '0026-folders': folders,
  '0027-usage-hours': usageHours,
  '0028-search': search,
  '0029-settings': settings,
  '0030-usage-days': usageDays,
  '0031-search-runs': searchRuns,
  '0032-search-notes': searchNotes,
};
