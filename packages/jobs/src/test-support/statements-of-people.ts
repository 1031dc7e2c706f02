/** The functions about lists, retention, agents, budgets and people, each called. */
import { monthOf } from '@tinyfat/core';
import * as database from '@tinyfat/database';
import { agentId } from '@tinyfat/testing/many-rows';
import {
  agent,
  at,
  attempt,
  deliveryFilters,
  everyId,
  everyPage,
  FEW,
  leases,
  MANY,
  mailFilters,
  masterKeys,
  month,
  NAMED,
  ONE,
  of,
  ofProvider,
  old,
  PAGE,
  place,
  quiet,
  request,
  row,
  runFilters,
  type StatementCase,
  secret,
  sights,
  TWENTY,
  token,
  work,
} from './statement-values.ts';

/** By the name of the exported function. */
export const OF_PEOPLE: Record<string, StatementCase> = {
  // Lists of the API and of the pages.
  workOnMail: of((db) => database.workOnMail(db, row)),
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
  visibleDeliveryCounts: of(async (db) => {
    for (const sight of ['all', { owner: ONE }] as const) {
      for (const filter of [{}, { agentId: agent }]) {
        await database.visibleDeliveryCounts(db, sight, { ...filter, states: ['failed', 'sent'] }, 20);
      }
    }
  }, PAGE),
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
  budgetsNearlySpent: of(async (db) => {
    for (const sight of sights) {
      await database.budgetsNearlySpent(db, sight, { month: monthOf(at), percent: 80, limit: 20 });
    }
  }, FEW),
  countAttention: of(
    async (db) => {
      for (const sight of sights) await database.countAttention(db, sight, 100);
    },
    { reads: 'rows of the states that wait, up to a limit' },
  ),
  newestDeliveriesWaiting: of(async (db) => {
    for (const sight of sights) {
      await database.newestDeliveriesWaiting(db, sight, 'to approve', 5);
      await database.newestDeliveriesWaiting(db, sight, 'lost', 5);
    }
  }, PAGE),
  newestMailsWaiting: of(async (db) => {
    for (const sight of sights) await database.newestMailsWaiting(db, sight, 5);
  }, PAGE),
  newestRunsFailed: of(async (db) => {
    for (const sight of sights) await database.newestRunsFailed(db, sight, 5);
  }, PAGE),
  acknowledgeRun: of((db) => database.acknowledgeRun(db, row, at)),
  acknowledgeDelivery: of((db) => database.acknowledgeDelivery(db, row, at)),
  acknowledgeAll: of(async (db) => {
    for (const sight of sights) {
      await database.acknowledgeAll(db, sight, 'runs', { until: at, at, limit: 5 });
      await database.acknowledgeAll(db, sight, 'deliveries', { until: at, at, limit: 5 });
    }
  }),
  activityBetween: of(async (db) => {
    for (const sight of sights) {
      await database.activityBetween(db, sight, { from: at - 86_400_000, until: at, most: 10_000 });
      const hour = Math.floor(at / 3_600_000) * 3_600_000;
      await database.activityBetween(db, sight, { from: hour - 86_400_000, until: hour, most: 10_000 });
    }
  }),
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
  openSession: of((db) =>
    database.openSession(db, { agentId: agent, scope: 'sender', sessionId: 'session-0', at }),
  ),
  sessionsByScope: of((db) => database.sessionsByScope(db, agent), FEW),
  takeFolderRoom: of((db) => database.takeFolderRoom(db, agent, 1, 1000)),
  setFolderSize: of((db) => database.setFolderSize(db, agent, 1, at)),
  claimFolderNotice: of((db) => database.claimFolderNotice(db, { agentId: agent, now: at, periodMs: 1 })),

  // Agents, and what is set for them.
  insertAgent: of((db) =>
    database.insertAgent(db, { id: 'fresh', name: 'fresh', owner: 'fresh@example.com', created_at: at }, []),
  ),
  isNameTaken: of((db) => database.isNameTaken(db, agent)),
  findAgent: of((db) => database.findAgent(db, agent)),
  agentById: of((db) => database.agentById(db, agent)),
  listAgents: of((db) => database.listAgents(db)),
  ownsAgent: of((db) => database.ownsAgent(db, ONE)),
  markAgentDeleted: of((db) => database.markAgentDeleted(db, agentId(9), at)),
  updateAgent: of((db) => database.updateAgent(db, agent, { egress: 'public' })),
  lastTurnCosts: of((db) => database.lastTurnCosts(db, agent, ['claude', 'other', '']), {
    reads: 'twenty of each list',
  }),
  pauseAgent: of((db) => database.pauseAgent(db, agent, at)),
  resumeAgent: of((db) => database.resumeAgent(db, agent, at)),
  parkJobs: of((db) => database.parkJobs(db, agent)),
  isPaused: of((db) => database.isPaused(db, agent)),
  countPaused: of((db) => database.countPaused(db, agent)),
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
    for (const owner of [null, ONE])
      for (const after of [null, { at: 1, id: ONE }])
        await database.listApiTokens(db, owner, { after, limit: 10 });
  }, FEW),
  apiTokensNamed: of(async (db) => {
    for (const owner of [null, ONE]) await database.apiTokensNamed(db, owner, 'no-such-token');
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
  // What all processes of an installation have in common.
  installationMarks: of((db) => database.installationMarks(db)),
  noteMasterKeys: of((db) => database.noteMasterKeys(db, [{ id: 'k1', bytes: new Uint8Array(32) }])),
  noteSignInKey: of((db) => database.noteSignInKey(db, { bytes: new Uint8Array(32) })),
  noteStorage: of((db) => database.noteStorage(db, 'mark')),
  forgetInstallation: of((db) => database.forgetInstallation(db)),

  storeProviderKey: of(
    (db) => database.storeProviderKey(db, masterKeys, { ...ofProvider, key: 'sk-x', lastFour: 'sk-x' }),
    FEW,
  ),
  rotateMasterKeys: of((db) => database.rotateMasterKeys(db, masterKeys), FEW),
};
