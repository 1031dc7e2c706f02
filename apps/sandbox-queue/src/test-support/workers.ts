/**
 * The consumer's Worker as it is deployed, in workerd: Miniflare's queues, bucket and Hyperdrive to a real Postgres, the real
 * Worker of mail, a stand-in for Resend, and in the place of the sandbox's objects one that answers without a container.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeliveryEvent, newId } from '@tinyfat/core';
import { insertAgent, insertWebhookEvent } from '@tinyfat/database';
import { connectPostgres } from '@tinyfat/database/postgres';
import { jobQueue, type WakeMessage } from '@tinyfat/jobs';
import { bucketFolders, bucketRawMail, openR2Bucket } from '@tinyfat/storage';
import { bundleWorker, COMPATIBILITY } from '@tinyfat/testing/bundle-worker';
import { makeFreshPostgres } from '@tinyfat/testing/fresh-database';
import { mailRow } from '@tinyfat/testing/sent-mail';
import { startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { farWorker } from '@tinyfat/testing/workers';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const DOMAIN = 'agents.test';
const API_KEY = 're_key';
const source = (path: string) => new URL(path, import.meta.url).pathname;

/**
 * An agent's object. What it does is the subject of the mail: `Mail …` is answered, `Crash …` fails every time, and the
 * first attempt at `Slow …` ends, with an answer, only when the next one begins.
 */
const SANDBOX = `
import { DurableObject } from 'cloudflare:workers';
const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
const result = (outcome) => ({ outcome: { type: 'outcome', usage, cost_usd: 0, ...outcome }, usage, costUsd: 0, llmRequests: 1,
  firstRequestAt: 1, lastResponseAt: 1, durationMs: 1, folderBytes: 100 });
export class AgentSandbox extends DurableObject {
  endEarlier = () => {};
  async cancelTurn() {}
  async runTurn({ agentId, input }) {
    const { run_id, attempt, email } = input;
    await this.env.DATA.put('turns/' + run_id + '/' + attempt, '');
    if (email.subject.startsWith('Crash')) return result({ ok: false, code: 'sandbox_crashed', message: 'It broke.', retry: true });
    if (email.subject.startsWith('Slow')) {
      this.endEarlier();
      if (attempt === 1) await new Promise((resolve) => { this.endEarlier = resolve; });
    }
    const reply = { body: 'Answer ' + attempt + ' to ' + email.subject, log: '[footer]', status: 'pending' };
    await this.env.DATA.put('agents/' + agentId + '/outbox/email/' + run_id + '.json', JSON.stringify(reply));
    return result({ ok: true, reply: 'written', session_file: 's', footer: '[footer]', context: { tokens: 1, window: 2 } });
  }
}
export default { fetch: () => new Response(null, { status: 404 }) };`;

/** Starts it, with these variables besides those that it needs. */
export async function openWorkers(vars: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-queue-'));
  const postgres = await makeFreshPostgres(folder);
  const db = connectPostgres({ url: postgres.url });
  const resend = await startResendStandIn({ apiKey: API_KEY });
  const [queue, mail] = await Promise.all([
    bundleWorker(source('../worker.ts')),
    bundleWorker(source('../../../mail-worker/src/worker.ts')),
  ]);
  const script = (name: string, contents: string) => ({
    ...COMPATIBILITY,
    name,
    modules: true,
    script: contents,
  });
  const bucket = { r2Buckets: { DATA: 'data' } };
  const consumer = { maxBatchTimeout: 0, maxRetries: 3, deadLetterQueue: 'tinyfat-dead' };
  const workers = [
    {
      ...script('tinyfat-queue', queue),
      ...bucket,
      bindings: {
        MAIL_DOMAIN: DOMAIN,
        RESEND_API_KEY: API_KEY,
        RESEND_BASE_URL: resend.url,
        LOG_LEVEL: 'error',
        RETRY_BASE_MS: '800',
        ...vars,
      },
      hyperdrives: { HYPERDRIVE: postgres.url },
      serviceBindings: { MAIL: 'tinyfat-mail' },
      durableObjects: { SANDBOX: { className: 'AgentSandbox', scriptName: 'tinyfat-sandbox' } },
      queueProducers: { JOBS: 'tinyfat-jobs', TASKS: 'tinyfat-tasks' },
      queueConsumers: {
        'tinyfat-jobs': { ...consumer, maxBatchSize: 1 },
        'tinyfat-tasks': { ...consumer, maxBatchSize: 10 },
        'tinyfat-dead': { maxBatchSize: 10, maxBatchTimeout: 0 },
      },
    },
    { ...script('tinyfat-mail', mail), bindings: { MAIL_DOMAIN: DOMAIN } },
    {
      ...script('tinyfat-sandbox', SANDBOX),
      ...bucket,
      durableObjects: { SANDBOX: { className: 'AgentSandbox' } },
    },
  ];
  const options = convertV4MiniflareOptions({ unsafeTriggerHandlers: true, workers });
  const start = () => new Miniflare({ ...options, resourcePersistencePath: join(folder, 'stored') });
  let miniflare = start();

  const runtime = { clock: Date.now, random: Math.random };
  const opened = async () => openR2Bucket(await miniflare.getR2Bucket('DATA', 'tinyfat-queue'), runtime);
  const jobs = (clock = Date.now) =>
    jobQueue({
      db,
      clock,
      makeId: () => newId(Date.now, randomBytes),
      worker: farWorker(),
      leaseMs: 30_000,
      maxAttempts: 3,
      atOnce: 1,
    });
  const wake = async (topic: WakeMessage['topic']) => {
    const binding = topic === 'jobs' ? 'JOBS' : 'TASKS';
    await (await miniflare.getQueueProducer<WakeMessage>(binding, 'tinyfat-queue')).send({ topic });
  };

  return {
    db,
    resend,
    wake,
    /** Begins one more consumer of jobs: Miniflare's queue has one at once. Gives what became of its message. */
    async consumer() {
      const worker = await miniflare.getWorker('tinyfat-queue');
      const message = { id: newId(Date.now, randomBytes), timestamp: new Date(), attempts: 1 };
      return await worker.queue('tinyfat-jobs', [{ ...message, body: { topic: 'jobs' } }]);
    },
    /** As the cron does, for a minute in which nothing but the rows is looked at. */
    async sweep() {
      const worker = await miniflare.getWorker('tinyfat-queue');
      await worker.scheduled({ scheduledTime: new Date(61_000), cron: '* * * * *' });
    },
    async agent(name: string) {
      await insertAgent(db, { id: name, name, owner: 'owner@example.com', created_at: 1 }, []);
      await bucketFolders({ bucket: await opened(), root: '', clock: Date.now }).create(name, {});
    },
    /** Stores an accepted mail of the owner with its job, as intake does, and wakes nobody. */
    async mail(agent: string, subject: string) {
      const mail = {
        ...mailRow(`${agent}-${subject.toLowerCase().replaceAll(/\W/g, '')}`),
        agent_id: agent,
        subject,
      };
      const raw = `From: owner@example.com\r\nTo: ${agent}@${DOMAIN}\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;
      await bucketRawMail({ bucket: await opened(), root: '' }).put(
        mail.raw_key,
        new TextEncoder().encode(raw),
      );
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('mails').values(mail).execute();
        await jobs().add(tx, mail);
      });
      return mail.id;
    },
    /** Stores, as a webhook of the provider does, that a mail of ours came back. */
    async bounce(providerMail: string, to: string) {
      const now = Date.now();
      const event: DeliveryEvent = {
        kind: 'delivery',
        mailId: providerMail,
        happened: 'failed',
        recipients: [to],
        from: null,
        messageId: null,
        diagnostic: '550 5.1.1 no such user',
        dead: true,
        at: now,
      };
      await insertWebhookEvent(db, {
        id: newId(Date.now, randomBytes),
        provider: 'resend',
        event_id: `event-${providerMail}`,
        kind: 'delivery',
        provider_mail_id: providerMail,
        payload: JSON.stringify(event),
        state: 'pending',
        attempts: 0,
        next_attempt_at: now,
        created_at: now,
      });
    },
    /** Names of the records of an agent's mails that did not arrive. */
    async failedRecords(agentId: string) {
      const folders = bucketFolders({ bucket: await opened(), root: '', clock: Date.now });
      return (await folders.list(agentId, 'outbox/failed', 10)).map(({ name }) => name);
    },
    /** Gives back every lease on a job, as a worker would that finds them ended. */
    endLeases: async () => await jobs(() => Date.now() + 3_600_000).reclaim(() => false),
    /** How many turns were begun. */
    async turns() {
      const { objects } = await (await opened()).list({ prefix: 'turns/' });
      return objects.length;
    },
    /** Ends all that runs in the middle, and starts anew on what was stored. */
    async restart() {
      await miniflare.dispose();
      miniflare = start();
    },
    async close() {
      await miniflare.dispose();
      await resend.close();
      await db.destroy();
      await postgres.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
