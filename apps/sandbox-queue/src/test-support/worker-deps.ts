/** What an invocation of the Worker works with, over a real database in a temporary folder, with a clock that a test moves. */
import { DEFAULT_RETENTION, type MailTransport, type SendOutcome, type WakeTopic } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { farWorker } from '@tinyfat/testing/workers';
import type { SweepDeps } from '../cloudflare/sweep.ts';
import { openOutbox } from './outbox.ts';

/** Opens it; the agent is `scout`. */
export async function openWorkerDeps() {
  const outbox = await openOutbox();
  const { db } = outbox;
  const now = { value: Date.UTC(2026, 10, 22) };
  const woken: string[] = [];
  const lines: string[] = [];
  const note = (event: string, fields = {}) => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const logger = { debug() {}, info: note, warn: note, error: note };
  const clock = () => now.value;
  const provider = { outcome: { state: 'sent', providerId: 'p', recipientsRefused: [] } as SendOutcome };
  const transport: MailTransport = {
    name: 'provider',
    idempotent: true,
    send: async () => provider.outcome,
    close: async () => {},
  };
  const broken: Database = db.withPlugin({
    transformQuery() {
      throw new Error('the database is away');
    },
    transformResult: async ({ result }) => result,
  });
  let made = 0;
  const makeId = () => `00000000-made-${++made}`;
  const deps = (id = `invocation-${++made}`, retryMs = 1): SweepDeps => {
    const runtime = { clock, makeId, random: () => 1, logger, worker: farWorker(id) };
    const { folders, workers, recorder, mailDomain, leaseMs } = outbox.deps;
    const rawMail = { ...outbox.deps.rawMail, get: async () => new Uint8Array(1) };
    const queue = jobQueue({ ...runtime, db, leaseMs, maxAttempts: 3, atOnce: 2 });
    const backoff = { baseMs: retryMs, capMs: 3_600_000, maxAttempts: 30 };
    const wakeUp: SweepDeps['wakeUp'] = {
      wake: (topic: WakeTopic) => void woken.push(topic),
      wakeLater: (topic, afterMs) => void woken.push(`${topic} in ${afterMs} ms`),
    };
    const never = () => Promise.reject(new Error('not in these tests'));
    return {
      wakeUp,
      consumer: {
        ...runtime,
        ...{ db, leaseMs, queue, folders, rawMail, workers, recorder, mailDomain, transport, wakeUp },
        runner: { runTurn: never },
        measureFolder: never,
        models: [],
        operatorPays: false,
        publicUrl: null,
        ownerBudgetMicroUsd: null,
        defaultModel: 'haiku',
        jobBackoff: backoff,
        deliveryBackoff: backoff,
        limits: { deadline_ms: 1, stall_ms: 1, retry_base_ms: 1, llm_retries: 1, event_output_chars: 1 },
        folderQuotaBytes: 1_000_000_000,
      },
      webhooks: {
        ...runtime,
        ...{ db, leaseMs, mailDomain, rawMail, backoff, wakeUp },
        receive: never,
        returnPath: () => null,
        maxMessageBytes: 1,
        oversizeBytes: 1,
        resend: null,
      },
      reconcile: null,
      retention: { ...runtime, db, rawMail, folders, days: DEFAULT_RETENTION },
    };
  };
  return {
    db,
    deps,
    broken,
    now,
    woken,
    lines,
    provider,
    /** A mail to scout, with a job that waits. */
    async job(id: string) {
      const mail = await outbox.mail(id);
      await db.deleteFrom('runs').where('mail_id', '=', id).execute();
      await db.deleteFrom('jobs').where('mail_id', '=', id).execute();
      await db.transaction().execute((tx) => deps().consumer.queue.add(tx, mail));
    },
    /** A reply to a mail of scout, which is to be sent. */
    async delivery(mailId: string) {
      await outbox.mail(mailId);
      const waiting = { state: 'pending', filed: 0, sent_at: null, attempts: 0, provider: null } as const;
      await outbox.delivery(mailId, waiting);
    },
    close: () => outbox.close(),
  };
}

export type WorkerDeps = Awaited<ReturnType<typeof openWorkerDeps>>;
