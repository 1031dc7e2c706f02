/** The functions about mails, runs, deliveries and rows that are worked on, each called. */
import * as database from '@tinyfat/database';
import { agentId } from '@tinyfat/testing/many-rows';
import { jobQueue } from '../job-queue.ts';
import {
  ADDED_UP,
  agent,
  at,
  bounce,
  delivery,
  event,
  FEW,
  held,
  leases,
  mail,
  month,
  ONE,
  of,
  old,
  quiet,
  row,
  type StatementCase,
  suppressed,
  TWENTY,
  usage,
  WAITING,
  work,
} from './statement-values.ts';

const document = {
  kind: 'mail' as const,
  agentId: agent,
  at,
  sender: 'ann@example.com',
  people: '',
  subject: 'Hello',
  text: '',
};
const wholeDay = Math.floor(at / 86_400_000) * 86_400_000;
const wholeHour = Math.floor(at / 3_600_000) * 3_600_000;

/** By the name of the exported function. */
export const OF_MAIL: Record<string, StatementCase> = {
  // Mails.
  mailById: of((db) => database.mailById(db, row)),
  firstMails: of((db) => database.firstMails(db, agent), {
    sorts: 'the earliest mails of an agent, 200 at most',
  }),
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
  queueAgain: of((db) => database.queueAgain(db, row)),
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
  runOfMail: of((db) => database.runOfMail(db, row), { sorts: 'runs of one mail' }),
  runsOfMail: of((db) => database.runsOfMail(db, row), { sorts: 'runs of one mail' }),
  runOfJob: of((db) => database.runOfJob(db, row)),
  newestAgain: of((db) => database.newestAgain(db, row)),
  insertRunAgain: of(async (db) => {
    const run = await database.runById(db, row);
    if (!run) throw new Error('there is no run');
    const job = { ...run, id: 'job-again', state: 'done', run_at: at, attempts: 0 } as const;
    const { id, agent_id, mail_id, state, run_at, attempts } = job;
    const values = { id, agent_id, mail_id, state, run_at, attempts, max_attempts: 1, fence: 0 };
    await db
      .insertInto('jobs')
      .values({ ...values, created_at: at })
      .execute();
    await database.insertRunAgain(db, { id: 'run-again', jobId: id, at, of: run, editedText: null });
  }),
  agentTotals: of((db) => database.agentTotals(db, quiet), ADDED_UP),
  totalsOfAgents: of((db) => database.totalsOfAgents(db, [quiet, agentId(9)]), ADDED_UP),
  lastRunOfSession: of((db) => database.lastRunOfSession(db, agent, 'session-0')),
  sessionsOfAgent: of((db) => database.sessionsOfAgent(db, quiet, null), ADDED_UP),
  currentSession: of((db) => database.currentSession(db, agent, '')),
  setCurrentSession: of((db) =>
    database.setCurrentSession(db, { agentId: agent, scope: '', sessionId: 'session-0', at }),
  ),
  scopesOfSessions: of((db) => database.scopesOfSessions(db, agent, ['session-0', 'none'], 100)),
  replaceCurrentSession: of((db) =>
    database.replaceCurrentSession(db, { agentId: agent, from: 'session-0', to: 'fresh', at }),
  ),
  figuresOfSessions: of((db) => database.figuresOfSessions(db, agent, ['session-0'], 20)),
  lastMailOfSession: of((db) => database.lastMailOfSession(db, agent, 'session-0')),
  usageBy: of(
    async (db) => {
      for (const by of database.USAGE_KEYS) {
        for (const owner of [null, ONE]) {
          for (const agentId of [null, agent]) {
            for (const [from, to] of [
              [month.from, at],
              [wholeHour - 86_400_000, wholeHour],
              [wholeDay - 86_400_000, wholeDay],
            ] as const)
              await database.usageBy(db, { owner, agentId, by, from, to, limit: 100 });
            const of = { owner, agentId, by, from: wholeDay - 86_400_000, to: wholeDay, limit: 100 };
            await database.usageBy(db, { ...of, offsets: [{ until: 0, ms: 5.5 * 3_600_000 }] });
          }
        }
      }
    },
    { sorts: 'sums of the days that are asked for' },
  ),
  usageOfMonth: of(
    async (db) => {
      for (const owner of [null, ONE, TWENTY]) {
        for (const agentId of [null, agent]) await database.usageOfMonth(db, { owner, agentId }, month);
      }
    },
    { sorts: 'agents by age', reads: 'hours of the month, and the runs that run now: one of each agent' },
  ),
  recentTotals: of((db) => database.recentTotals(db, month.from, at), { sorts: 'sums of one hour' }),

  // Search.
  indexDocument: of((db) => database.indexDocument(db, { ...document, id: 'fresh' })),
  setDocumentText: of((db) => database.setDocumentText(db, 'mail', row, 'text')),
  forgetDocumentTexts: of((db) => database.forgetDocumentTexts(db, 'mail', [row])),
  forgetOldRunTexts: of((db) => database.forgetOldRunTexts(db, old, 20)),
  deleteDocuments: of((db) => database.deleteDocuments(db, 'mail', [row])),
  searchDocuments: of(
    async (db) => {
      const question = { from: [], kind: null, agentId: null, since: null, until: null, below: null };
      for (const sight of ['all', { owner: ONE }, { owner: TWENTY }] as const) {
        for (const words of [['hello'], ['nowhere'], []]) {
          for (const beginning of [null, 'hell', 'w1']) {
            for (const state of [null, 'failed'])
              await database.searchDocuments(db, sight, { ...question, words, beginning, state, limit: 20 });
          }
        }
        const ofAgent = { ...question, words: ['nowhere'], beginning: null, state: null, agentId: agent };
        await database.searchDocuments(db, sight, { ...ofAgent, limit: 20 });
      }
    },
    {
      sorts: 'the newest documents of as many agents as are looked at, and the page',
      reads: 'as many documents as one look takes',
      off: { in: '@@', settings: ['enable_seqscan', 'enable_indexscan'] },
    },
  ),
  nextToIndex: of((db) => database.nextToIndex(db, 20)),
  noteIndexed: of((db) => database.noteIndexed(db, 'mail', { at, id: row })),
  indexedAmong: of((db) => database.indexedAmong(db, 'mail', [row])),

  // Deliveries and what is reported of them.
  insertDeliveries: of((db) => database.insertDeliveries(db, [delivery])),
  deliveryById: of((db) => database.deliveryById(db, row)),
  hasWritten: of((db) => database.hasWritten(db, agent, { mails: 100, since: at }), {
    reads: 'as many of the newest as are counted',
  }),
  deliveriesOfMail: of((db) => database.deliveriesOfMail(db, row), { sorts: 'deliveries of one mail' }),
  unfiledDeliveries: of((db) => database.unfiledDeliveries(db, agent), WAITING),
  endedUnfiledIds: of((db) => database.endedUnfiledIds(db), WAITING),
  markFiled: of((db) => database.markFiled(db, row, 'sent')),
  deliveryRows: of((db) => work(database.deliveryRows(leases(db), { provider: 'smtp', idempotent: false }))),
  settleDelivery: of((db) => database.settleDelivery(db, held, { state: 'sent' }, at)),
  requeueDelivery: of((db) => database.requeueDelivery(db, row, ['failed'], at)),
  markDeliverySent: of((db) => database.markDeliverySent(db, row, { by: ONE, at })),
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
  applyReport: of((db) => database.applyReport(db, { agentId: agent, report: bounce, now: at }), {
    sorts: 'deliveries that a report names',
  }),
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
      await queue.stopsAsked([lease.jobId]);
      await queue.retry(lease, at, '');
      await queue.release(lease);
    },
    { sorts: 'jobs of which each is the next of its agent' },
  ),
  askToStop: of((db) => database.askToStop(db, row, { at, by: ONE })),
  stopsAsked: of((db) => database.stopsAsked(db, [row])),
  hasRunningJob: of((db) => database.hasRunningJob(db, agent)),
};
