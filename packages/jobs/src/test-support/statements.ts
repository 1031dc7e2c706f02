/** Every function that asks the database, with the values of a call; for the test that reads the plans. */
import { type MailReport, newMasterKey } from '@tinyfat/core';
import * as database from '@tinyfat/database';
import { agentId } from '@tinyfat/testing/many-rows';
import type { PlanAllowance } from '@tinyfat/testing/statement-plans';
import { farWorker } from '@tinyfat/testing/workers';
import { jobQueue } from '../job-queue.ts';

export interface StatementCase extends PlanAllowance {
  run(db: database.Database): Promise<unknown>;
}

/** Owners of one agent, of twenty and of many. */
export const ONE = 'one@example.com';
export const TWENTY = 'twenty@example.com';
export const MANY = 'many@example.com';

const at = Date.now();
/** The agent with half of all rows, and one with few. */
const agent = agentId(2);
const quiet = agentId(7);
const row = 'row-10000008';
const month = { from: at - 3_600_000, until: at };
const ofProvider = { owner: ONE, provider: 'anthropic' } as const;
/** Before most rows, and a place among those. */
const old = at - 40 * 86_400_000;
const place = { at: old - 86_400_000, id: row };
const held = { seq: 1, fence: 0 };
const usage = { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, costUsd: 1, requests: 1 };
const address = {
  addresses: ['ann@example.com'],
  action: 'failed',
  status: '5.1.1',
  diagnostic: '',
} as const;
const bounce: MailReport = {
  kind: 'delivery',
  recipients: [{ ...address, addresses: ['ann@example.com'] }],
  messageIds: ['<8@agents.test>', '<10@agents.test>'],
};
const sights: readonly database.Sight[] = ['all', { owner: ONE }, { owner: TWENTY }, { owner: MANY }];
const leases = (db: database.Database) => ({ db, clock: () => at, worker: farWorker(), leaseMs: 1000 });

const mail: database.NewMail = {
  id: 'row-fresh',
  agent_id: agent,
  received_at: at,
  via: 'smtp',
  envelope_sender: 'ann@example.com',
  envelope_recipient: 'scout@agents.test',
  raw_key: 'fresh',
  raw_bytes: 1,
  sender: 'ann@example.com',
  sender_base: 'ann@example.com',
  sender_name: '',
  message_id: '<fresh@example.com>',
  thread_references: '',
  thread: '<fresh@example.com>',
  others: '[]',
  signature: 'signature',
  subject: 'Hello',
  verdict: 'accepted',
  reason_code: 'accepted',
  reason: '',
  evidence: '{}',
  authentication: '',
  state: 'queued',
  state_reason: '',
};

const of = (run: StatementCase['run'], allowance: PlanAllowance = {}): StatementCase => ({
  run,
  ...allowance,
});
const PAGE = { sorts: 'the newest rows of as many agents as the page has rows, and the page' };
const WAITING = { sorts: 'rows that wait' };
const FEW = { sorts: 'rows of a table that grows with agents and people, not with mail' };

const ADDED_UP = { reads: 'all runs of an agent, added up', sorts: 'the sums' };
const NAMED = { sorts: 'rows whose ids begin alike' };

type Page = { after: database.After | null; limit: number };
const pages: readonly Page[] = [
  { after: null, limit: 50 },
  { after: { at: at - 3_600_000, id: row }, limit: 50 },
];

/** The first and a later page for everybody. */
async function everyPage(list: (sight: database.Sight, page: Page) => Promise<unknown>): Promise<void> {
  for (const sight of sights) for (const page of pages) await list(sight, page);
}

/** A whole id and the beginning of one for everybody. */
async function everyId(find: (sight: database.Sight, id: string) => Promise<unknown>): Promise<void> {
  for (const sight of sights) for (const id of ['row-1', 'row-1000007']) await find(sight, id);
}

type FilterOf<
  List extends (db: database.Database, sight: database.Sight, filter: never, page: Page) => unknown,
> = Required<Parameters<List>[2]>;

/** With each of the filters alone, with none and with all. */
function filtersOf<Filter extends object>(all: Filter): Partial<Filter>[] {
  const keys = Object.keys(all) as (keyof Filter)[];
  return [{}, all, ...keys.map((key) => ({ [key]: all[key] }) as Partial<Filter>)];
}
const mailFilters = [
  ...filtersOf<Omit<FilterOf<typeof database.visibleMails>, 'messageId'>>({
    agentId: agent,
    state: 'failed',
    verdict: 'refused',
  }),
  ...filtersOf({ messageId: '<8@example.com>', agentId: agent }),
];
const runFilters = filtersOf<FilterOf<typeof database.visibleRuns>>({ agentId: agent, status: 'failed' });
const deliveryFilters = filtersOf<FilterOf<typeof database.visibleDeliveries>>({
  agentId: agent,
  state: 'failed',
});

const delivery: database.NewDelivery = {
  id: 'fresh',
  agent_id: agent,
  mail_id: row,
  run_id: row,
  kind: 'reply',
  envelope_sender: '',
  recipients: '[]',
  subject: '',
  message_id: '',
  raw_key: '',
  state: 'sent',
  attempts: 0,
  next_attempt_at: at,
  created_at: at,
  filed: 0,
};
const event: database.NewWebhookEvent = {
  id: 'fresh',
  provider: 'postmark',
  event_id: 'fresh',
  kind: 'delivery',
  provider_mail_id: 'fresh',
  payload: '{}',
  state: 'done',
  attempts: 0,
  next_attempt_at: at,
  created_at: at,
};
const suppressed: database.SuppressedRecipient = {
  agent_id: agent,
  address: 'ann@example.com',
  code: 'bounced',
  reason: '',
  delivery_id: row,
  created_at: at,
};
const request: database.NewSignInRequest = {
  address: 'fresh@example.com',
  id: 'fresh',
  link_sha256: 'fresh',
  browser_sha256: 'fresh',
  tries: 0,
  mail_state: 'none',
  mail_attempts: 0,
  mail_next_at: at,
  // Before all others, so that none of them has expired.
  created_at: 1,
  expires_at: at,
};
const attempt = { kind: 'code_network', subject: row } as const;
const secret = { id: 'fresh', agent_id: agent, token_sha256: 'hash', note: '', created_at: at };
const token = {
  id: 'fresh',
  owner: ONE,
  name: '',
  token_sha256: 'hash',
  last_four: '',
  scopes: '',
  created_at: at,
  expires_at: null,
};
const masterKey = newMasterKey((count) => new Uint8Array(count).fill(1));
const masterKeys: database.MasterKeySource = {
  kind: 'environment',
  read: async () => ({ ok: true, keys: [masterKey] }),
};

/** The protocol over a table, as a worker uses it. */
async function work<Row>(rows: database.LeasedRows<Row>): Promise<void> {
  const claimed = await rows.claim();
  if (claimed === undefined) throw new Error('nothing was due');
  await rows.renew(claimed);
  await rows.nextDue();
  await rows.dueAfterSetBack();
  await rows.reclaim(() => false);
}

/** By the name of the exported function. */
export const STATEMENTS: Record<string, StatementCase> = {
  // Mails.
  mailById: of((db) => database.mailById(db, row)),
  mailByMessageId: of((db) => database.mailByMessageId(db, '<8@example.com>')),
  setMailState: of((db) => database.setMailState(db, row, 'replied', '')),
  insertMail: of((db) => database.insertMail(db, mail)),
  hasSameMessageId: of((db) => database.hasSameMessageId(db, mail)),
  replaceQuarantinedCopy: of(async (db) => {
    await database.replaceQuarantinedCopy(db, mail);
    await database.replaceQuarantinedCopy(db, { ...mail, signature: null });
  }),
  countAccepted: of((db) => database.countAccepted(db, mail)),
  countQuarantine: of(async (db) => {
    await database.countQuarantine(db, agent);
    await database.countQuarantine(db, agent, 'quarantined');
  }),
  discardMails: of(async (db) => {
    await database.discardMails(db, { mailId: row });
    await database.discardMails(db, { agentId: agent });
  }),
  releaseFromQuarantine: of((db) => database.releaseFromQuarantine(db, row)),
  rewriteMail: of((db) => database.rewriteMail(db, row, { reason_code: 'accepted', reason: '' })),
  namedRawKeys: of((db) => database.namedRawKeys(db, [row, 'out-8', 'none'])),
  waitingOverLimit: of((db) => database.waitingOverLimit(db, agent), WAITING),
  hasMailsOfEvent: of((db) => database.hasMailsOfEvent(db, row)),

  // Runs and sessions.
  startRun: of((db) => {
    const run = {
      id: 'fresh',
      jobId: 'row-10000008',
      mailId: 'row-10000008',
      agentId: agent,
      kind: 'turn',
    } as const;
    return database.startRun(db, { ...run, command: null, at });
  }),
  noteTurnBegins: of((db) => database.noteTurnBegins(db, row, { session_id: 's', model: 'haiku' })),
  endRun: of((db) => database.endRun(db, row, { status: 'done', finished_at: at })),
  addUsage: of((db) => database.addUsage(db, row, usage)),
  noteSpending: of((db) => database.noteSpending(db, { id: row, attempt: 1 }, { used: usage, reserved: 0 })),
  runById: of((db) => database.runById(db, row)),
  runOfMail: of((db) => database.runOfMail(db, row)),
  agentTotals: of((db) => database.agentTotals(db, quiet), ADDED_UP),
  totalsOfAgents: of((db) => database.totalsOfAgents(db, [quiet, agentId(9)]), ADDED_UP),
  lastRunOfSession: of((db) => database.lastRunOfSession(db, agent, 'session-0')),
  sessionsOfAgent: of((db) => database.sessionsOfAgent(db, quiet, null), ADDED_UP),
  currentSession: of((db) => database.currentSession(db, agent, '')),
  setCurrentSession: of((db) =>
    database.setCurrentSession(db, { agentId: agent, scope: '', sessionId: 'session-0', at }),
  ),
  currentSessions: of((db) => database.currentSessions(db, agent)),
  usageBy: of(
    async (db) => {
      for (const by of ['day', 'model', 'agent'] as const) {
        for (const owner of [null, ONE]) {
          for (const agentId of [null, agent])
            await database.usageBy(db, { owner, agentId, by, from: month.from, to: at });
        }
      }
    },
    { sorts: 'sums of the days that are asked for' },
  ),

  // What all processes of an installation have in common.
  installationMarks: of((db) => database.installationMarks(db)),
  noteMasterKeys: of((db) => database.noteMasterKeys(db, [{ id: 'k1', bytes: new Uint8Array(32) }])),
  noteSignInKey: of((db) => database.noteSignInKey(db, { bytes: new Uint8Array(32) })),
  noteStorage: of((db) => database.noteStorage(db, row)),
  forgetInstallation: of((db) => database.forgetInstallation(db)),

  // Deliveries and what is reported of them.
  insertDeliveries: of((db) => database.insertDeliveries(db, [delivery])),
  deliveryById: of((db) => database.deliveryById(db, row)),
  deliveriesOfMail: of((db) => database.deliveriesOfMail(db, row), { sorts: 'deliveries of one mail' }),
  unfiledDeliveries: of((db) => database.unfiledDeliveries(db, agent), WAITING),
  endedUnfiledIds: of((db) => database.endedUnfiledIds(db), WAITING),
  markFiled: of((db) => database.markFiled(db, row, 'sent')),
  deliveryRows: of((db) => work(database.deliveryRows(leases(db), { provider: 'smtp', idempotent: false }))),
  settleDelivery: of((db) => database.settleDelivery(db, held, { state: 'sent' }, at)),
  requeueDelivery: of((db) => database.requeueDelivery(db, row, ['failed'], at)),
  wasToldOf: of((db) => database.wasToldOf(db, { owner: ONE, code: 'llm_billing', since: month.from })),
  failingDeliveries: of((db) => database.failingDeliveries(db), WAITING),
  deliveryCounts: of((db) => database.deliveryCounts(db, agent), {
    reads: 'mails of an agent that were not sent',
  }),
  applyProviderEvent: of((db) => {
    const told = { recipients: [], from: null, diagnostic: '', dead: null, at };
    const event = {
      kind: 'delivery',
      mailId: row,
      happened: 'delivered',
      messageId: '<x@y>',
      ...told,
    } as const;
    return database.applyProviderEvent(db, {
      provider: 'resend',
      event: { ...event, recipients: [] },
      now: at,
    });
  }),
  setProviderMessageId: of((db) => database.setProviderMessageId(db, { id: row, provider_id: row }, '<x@y>')),
  applyReport: of((db) => database.applyReport(db, { agentId: agent, report: bounce, now: at })),
  applyToDelivery: of(async (db) => {
    const found = await database.deliveryById(db, row);
    return found && (await database.applyToDelivery(db, found, { report: bounce, now: at }));
  }),
  suppress: of((db) => database.suppress(db, [suppressed, { ...suppressed, code: 'complained' }])),
  suppressedAmong: of((db) => database.suppressedAmong(db, agent, ['ann@example.com'])),
  listSuppressed: of(async (db) => {
    for (const of of [null, agent]) await database.listSuppressed(db, of);
  }, FEW),
  unsuppress: of((db) => database.unsuppress(db, agent, 'ann@example.com')),
  liftBounced: of((db) => database.liftBounced(db, agent, 'ann@example.com')),

  // Rows that are worked on, and how many there are.
  webhookEventRows: of((db) => work(database.webhookEventRows(leases(db)))),
  insertWebhookEvent: of((db) => database.insertWebhookEvent(db, event)),
  hasWebhookEvent: of((db) => database.hasWebhookEvent(db, row)),
  settleWebhookEvent: of((db) => {
    const done = { state: 'done', at, reason_code: null, reason: null } as const;
    return database.settleWebhookEvent(db, { ...held, raw_key: null }, done, at);
  }),
  listWebhookEvents: of((db) => database.listWebhookEvents(db, 50)),
  openCursor: of((db) => database.openCursor(db, 'resend', at)),
  moveCursor: of((db) => database.moveCursor(db, 'resend', at)),
  askForNotice: of((db) => {
    const notice = { agent_id: agent, role: 'sender', recipient: row, id: 'fresh', mail_id: row } as const;
    return database.askForNotice(db, { ...notice, limit_code: 'sender_limit', at, dueAt: at });
  }),
  limitNoticeRows: of((db) => work(database.limitNoticeRows(leases(db), true))),
  fixWaiting: of((db) => database.fixWaiting(db, row, '[]')),
  settleNotice: of((db) =>
    database.settleNotice(db, { id: row, fence: 0 }, { state: 'sent', next_attempt_at: at }, at),
  ),
  backlog: of((db) => database.backlog(db, at)),
  testWrite: of((db) => database.testWrite(db)),
  jobs: of(
    async (db) => {
      const deps = { ...leases(db), makeId: () => 'fresh', maxAttempts: 3, atOnce: 4 };
      await work(jobQueue(deps));
      const queue = jobQueue(deps);
      const lease = await queue.claim();
      if (!lease) throw new Error('no job was due');
      await queue.begin(db, lease);
      await queue.finish(db, lease, 'done', null);
      await queue.retry(lease, at, '');
      await queue.release(lease);
    },
    { sorts: 'jobs of which each is the next of its agent' },
  ),
  hasRunningJob: of((db) => database.hasRunningJob(db, agent)),

  // Lists of the API and of the pages.
  visibleMails: of(async (db) => {
    for (const filter of mailFilters)
      await everyPage((sight, page) => database.visibleMails(db, sight, filter, page));
  }, PAGE),
  visibleRuns: of(async (db) => {
    for (const filter of runFilters)
      await everyPage((sight, page) => database.visibleRuns(db, sight, filter, page));
  }, PAGE),
  visibleDeliveries: of(async (db) => {
    for (const filter of deliveryFilters) {
      await everyPage((sight, page) => database.visibleDeliveries(db, sight, filter, page));
    }
  }, PAGE),
  visibleMailsNamed: of((db) => everyId((sight, id) => database.visibleMailsNamed(db, sight, id)), NAMED),
  visibleRunsNamed: of((db) => everyId((sight, id) => database.visibleRunsNamed(db, sight, id)), NAMED),
  visibleDeliveriesNamed: of(
    (db) => everyId((sight, id) => database.visibleDeliveriesNamed(db, sight, id)),
    NAMED,
  ),
  visibleAgent: of(async (db) => {
    for (const sight of sights) await database.visibleAgent(db, sight, agent);
  }),
  visibleAgents: of((db) => everyPage((sight, page) => database.visibleAgents(db, sight, page))),
  namesOfAgents: of(async (db) => {
    for (const sight of sights) await database.namesOfAgents(db, sight, [agent]);
  }),
  visibleOwners: of(async (db) => {
    for (const sight of sights) await database.visibleOwners(db, sight);
  }, FEW),
  agentOverview: of(async (db) => {
    for (const sight of sights) await database.agentOverview(db, sight, 100);
  }, FEW),
  visibleSuppressed: of(async (db) => {
    for (const sight of sights) await database.visibleSuppressed(db, sight);
  }, FEW),
  visibleBudgets: of(async (db) => {
    for (const sight of sights) await database.visibleBudgets(db, sight);
  }, FEW),

  // Retention, backups and exports.
  oldMails: of(async (db) => {
    for (const after of [null, place]) {
      for (const discarded of [true, false]) {
        const which = { verdict: 'accepted', discarded } as const;
        await database.oldMails(db, which, { before: old, after, limit: 50 });
      }
    }
  }),
  markMailsRemoved: of((db) => database.markMailsRemoved(db, ['row-10000012'], at)),
  oldDeliveries: of(async (db) => {
    for (const after of [null, { ...place, id: '8' }]) {
      await database.oldDeliveries(db, { before: old, after, limit: 50 });
    }
  }),
  markDeliveriesRemoved: of((db) => database.markDeliveriesRemoved(db, ['12'], at)),
  countOldRefused: of((db) => database.countOldRefused(db, old)),
  deleteOldRefused: of((db) => database.deleteOldRefused(db, old, 5)),
  countOldEvents: of((db) => database.countOldEvents(db, old)),
  deleteOldEvents: of((db) => database.deleteOldEvents(db, old, 5)),
  countOldSignIns: of((db) => database.countOldSignIns(db, old)),
  deleteOldSignIns: of((db) => database.deleteOldSignIns(db, old)),
  beginDailyRun: of((db) => database.beginDailyRun(db, { id: 'fresh', now: at })),
  beginRun: of((db) => database.beginRun(db, { id: 'another', now: at })),
  recordRun: of((db) => database.recordRun(db, 'fresh', {}, at)),
  lastRun: of((db) => database.lastRun(db)),
  agentIdsAfter: of((db) => database.agentIdsAfter(db, '', 50)),
  rawKeysAfter: of((db) => database.rawKeysAfter(db, row, 50), { sorts: 'the keys of a page of each table' }),
  historyAfter: of(
    async (db) => {
      for (const table of database.HISTORY_TABLES) {
        await database.historyAfter(db, table, { agentId: quiet, after: row, limit: 50 });
      }
    },
    { reads: 'what is exported of an agent', sorts: 'the same' },
  ),
  hadTurnSince: of((db) => database.hadTurnSince(db, agent, at)),
  sessionsByScope: of((db) => database.sessionsByScope(db, agent), FEW),
  setFolderSize: of((db) => database.setFolderSize(db, agent, 1, at)),
  claimFolderNotice: of((db) => database.claimFolderNotice(db, { agentId: agent, now: at, periodMs: 1 })),

  // Agents, and what is set for them.
  insertAgent: of((db) =>
    database.insertAgent(db, { id: 'fresh', name: 'fresh', owner: 'fresh@example.com', created_at: at }, []),
  ),
  findAgent: of((db) => database.findAgent(db, agent)),
  agentById: of((db) => database.agentById(db, agent)),
  listAgents: of((db) => database.listAgents(db)),
  ownsAgent: of((db) => database.ownsAgent(db, ONE)),
  markAgentDeleted: of((db) => database.markAgentDeleted(db, agentId(9), at)),
  updateAgent: of((db) => database.updateAgent(db, agent, { egress: 'public' })),
  setAgentOwner: of((db) => database.setAgentOwner(db, agent, 'new@example.com', at)),
  allowedSenderRows: of((db) => database.allowedSenderRows(db, agent), FEW),
  allowedSenders: of((db) => database.allowedSenders(db, agent), FEW),
  allowList: of((db) => database.allowList(db, agent), FEW),
  addAllowedSender: of((db) => database.addAllowedSender(db, agent, 'ann@example.com', at)),
  removeAllowedSender: of((db) => database.removeAllowedSender(db, agent, 'ann@example.com')),
  insertSecretAddress: of((db) => database.insertSecretAddress(db, secret)),
  listSecretAddresses: of((db) => database.listSecretAddresses(db, agent), FEW),
  findSecretAddress: of((db) => database.findSecretAddress(db, agent, 'hash')),
  markSecretAddressUsed: of((db) => database.markSecretAddressUsed(db, 'fresh', at)),
  deleteSecretAddress: of((db) => database.deleteSecretAddress(db, agent, 'fresh')),

  // Budgets.
  budgetOf: of((db) => database.budgetOf(db, 'agent', agent)),
  setBudget: of((db) =>
    database.setBudget(db, { scope: 'agent', subject: agent, monthly_micro_usd: 1, updated_at: 1 }),
  ),
  removeBudget: of((db) => database.removeBudget(db, 'agent', 'none')),
  monthSpent: of(async (db) => {
    for (const owner of [ONE, TWENTY]) await database.monthSpent(db, 'owner', owner, month);
    await database.monthSpent(db, 'agent', agent, month);
  }),
  capsOf: of((db) => database.capsOf(db, { id: agent, owner: ONE }, month, 1)),
  reserve: of(async (db) => {
    const run = await db.selectFrom('runs').selectAll().where('id', '=', row).executeTakeFirstOrThrow();
    await db.updateTable('runs').set({ status: 'running' }).where('id', '=', row).execute();
    const who = { run, agent: { id: agentId(5), owner: MANY }, month, ownerDefault: null };
    await database.reserve(db, who, { more: 1, whole: 1, partly: false });
  }),

  // People, their keys and tokens.
  putSignInRequest: of((db) => database.putSignInRequest(db, request)),
  findSignInRequest: of(async (db) => {
    await database.findSignInRequest(db, 'link_sha256', row, at);
    await database.findSignInRequest(db, 'browser_sha256', row, at);
  }),
  countTry: of((db) => database.countTry(db, row, 5)),
  signInMailRows: of((db) => work(database.signInMailRows(leases(db), true))),
  settleSignInMail: of((db) =>
    database.settleSignInMail(db, { id: row, mail_fence: 0 }, { mail_state: 'sent', mail_next_at: at }, at),
  ),
  takeSignInRequest: of((db) => database.takeSignInRequest(db, 'none', at)),
  noteAttempt: of((db) =>
    database.noteAttempt(db, [{ ...attempt, most: 5, windowMs: 3_600_000 }], 86_400_000),
  ),
  forgetAttempt: of((db) => database.forgetAttempt(db, [attempt], 1)),
  listAccounts: of((db) => database.listAccounts(db, at), FEW),
  endSessions: of(async (db) => {
    const person = { id: 'ann', name: '', email: 'ann@example.com', email_verified: 1 };
    await db
      .insertInto('account_users')
      .values({ ...person, created_at: '', updated_at: '' })
      .execute();
    await database.endSessions(db, 'ann@example.com');
  }),
  removeExpiredSessions: of((db) => database.removeExpiredSessions(db, at)),
  insertApiToken: of((db) => database.insertApiToken(db, token)),
  findApiToken: of((db) => database.findApiToken(db, 'hash')),
  listApiTokens: of(async (db) => {
    for (const owner of [null, ONE]) await database.listApiTokens(db, owner);
  }, FEW),
  countLiveApiTokens: of((db) => database.countLiveApiTokens(db, ONE, at)),
  markApiTokenUsed: of((db) =>
    database.markApiTokenUsed(db, { ...token, last_used_at: null, revoked_at: null }, at),
  ),
  revokeApiToken: of(async (db) => {
    for (const owner of [null, ONE]) await database.revokeApiToken(db, 'none', owner, at);
  }),
  putProviderKey: of((db) =>
    database.putProviderKey(db, { ...ofProvider, id: 'fresh', sealed: 'x', last_four: '', created_at: at }),
  ),
  findProviderKey: of((db) => database.findProviderKey(db, ONE, 'anthropic')),
  listProviderKeys: of(async (db) => {
    for (const owner of [null, ONE]) await database.listProviderKeys(db, owner);
  }, FEW),
  markProviderKeyUsed: of((db) => database.markProviderKeyUsed(db, 'fresh', at)),
  rewriteProviderKey: of((db) => database.rewriteProviderKey(db, 'fresh', 'x')),
  deleteProviderKey: of((db) => database.deleteProviderKey(db, ONE, 'anthropic')),
  storeProviderKey: of(
    (db) => database.storeProviderKey(db, masterKeys, { ...ofProvider, key: 'sk-x', lastFour: 'sk-x' }),
    FEW,
  ),
  rotateMasterKeys: of((db) => database.rotateMasterKeys(db, masterKeys), FEW),
};

/** What takes a database first and asks it nothing of its own. */
export const PARTS_OF_OTHERS = [
  // Once in the life of a restored database.
  'holdRestored',
  'isPostgres',
  'skipLocked',
  'leases',
  'leasedRows',
  'changeHeld',
  'settleHeld',
  'lock',
];
