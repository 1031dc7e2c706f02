/**
 * Whole consumers in this process, over one real database and real folders; the model, the sandbox and the provider are stood
 * in for. A consumer can be killed at any of its steps: from then on nothing that it does reaches anything, as after SIGKILL.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AgentFolders,
  type MailTransport,
  newId,
  replyFileName,
  type TurnRequest,
  type TurnResult,
} from '@tinyfat/core';
import { type Database, insertAgent } from '@tinyfat/database';
import { jobQueue, processWakeUp, startWorkLoop } from '@tinyfat/jobs';
import type { ReadMail } from '@tinyfat/mail';
import { mailRow } from '@tinyfat/testing/sent-mail';
import { nearWorker } from '@tinyfat/testing/workers';
import type { ConsumerDeps } from '../consumer.ts';
import { startSender } from '../deliveries/sender.ts';
import { consumerWork } from '../job-work.ts';
import { openOutbox } from './outbox.ts';

export interface Consumer {
  /** Resolves when it has been killed. */
  killed: Promise<void>;
  kill(): void;
  /** Ends what runs at once. */
  stop(): Promise<void>;
}

/** Passes or throws: called before and after everything that leaves a consumer. */
type Step = () => void;

/** More than there are kills. */
const ATTEMPTS = 30;
const MODEL = {
  id: 'claude-haiku-5-5',
  name: 'Haiku',
  contextWindow: 200_000,
  cost: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
};
const CONTENT: ReadMail = {
  ok: true,
  content: {
    to: [],
    cc: [],
    date: null,
    text: 'What is new?',
    quoted: '',
    forwarded: '',
    hiddenText: false,
    firstLineSeen: true,
    attachments: [],
  },
};

/** Opens the database with these agents, each of an owner of its own. */
export async function openConsumers(agents: readonly string[], transport: Pick<MailTransport, 'idempotent'>) {
  const outbox = await openOutbox();
  const { db, folders, workers, rawMail } = outbox.deps;
  const clock = Date.now;
  const makeId = () => newId(clock, randomBytes);
  const dead = new Set<string>();
  const wakeUp = processWakeUp();
  const running = new Set<Consumer>();
  /** Every text that the provider took under a key of its own, in order, by agent. */
  const taken = new Map<string, string[]>(agents.map((name) => [name, []]));
  const keys = new Set<string>();
  /** Runs for which the model was asked, and those for which it was asked although the reply lay there. */
  const asked: string[] = [];
  const askedForNothing: string[] = [];
  for (const name of agents) {
    await insertAgent(db, { id: name, name, owner: `${name}@example.com`, created_at: 1 }, []);
    await folders.create(name, {});
  }

  const provider = (step: Step): MailTransport => ({
    name: 'provider',
    idempotent: transport.idempotent,
    async send({ sender }, raw, key) {
      step();
      if (!transport.idempotent || !keys.has(key)) {
        taken
          .get(sender.split('@')[0] ?? '')
          ?.push(/Answer \d+/.exec(new TextDecoder().decode(raw))?.[0] ?? '');
      }
      keys.add(key);
      step();
      return { state: 'sent', providerId: key, recipientsRefused: [] };
    },
    close: async () => {},
  });

  /** As step-mom leaves it: the reply by its run's name, whole or not there. */
  const runner = (step: Step): ConsumerDeps['runner'] => ({
    async runTurn({ agentId, input }: TurnRequest): Promise<TurnResult> {
      step();
      const path = join(outbox.folder, 'agents', agentId, 'outbox/email', replyFileName(input.run_id));
      if (existsSync(path)) askedForNothing.push(input.run_id);
      asked.push(input.run_id);
      const body = input.email.subject.replace('Mail', 'Answer');
      await Promise.resolve();
      step();
      // In one go: what is killed writes nothing later.
      writeFileSync(path, JSON.stringify({ body, log: '[footer]', status: 'pending' }));
      step();
      return turnResult();
    },
  });

  return {
    ...outbox,
    taken,
    asked,
    askedForNothing,
    /** What tells consumers that jobs are to be looked at. */
    wake: () => wakeUp.wake('jobs'),
    /** Stores a mail to an agent with its job; `Mail 3` is answered by `Answer 3`. */
    async add(agent: string, number: number, maxAttempts = ATTEMPTS) {
      const mail = {
        ...mailRow(`${agent}-${number}`),
        agent_id: agent,
        sender: `${agent}@example.com`,
        subject: `Mail ${number}`,
      };
      await rawMail.put(mail.raw_key, new Uint8Array(1));
      await db.transaction().execute(async (tx) => {
        await tx.insertInto('mails').values(mail).execute();
        await jobQueue({ ...outbox.deps, clock, makeId, maxAttempts, atOnce: 1 }).add(tx, mail);
      });
      wakeUp.wake('jobs');
    },
    /** Starts one that is killed at this of its steps. */
    start(killAt = Number.POSITIVE_INFINITY, more: Partial<ConsumerDeps> = {}): Consumer {
      const id = `worker-${makeId()}`;
      const { promise: killed, resolve: onKilled } = Promise.withResolvers<void>();
      const { step, kill } = stepsUntil(killAt, () => {
        dead.add(id);
        onKilled();
      });
      const common = {
        ...outbox.deps,
        db: mortalDatabase(db, step),
        folders: mortal<AgentFolders>(folders, step),
        rawMail: mortal(rawMail, step),
        worker: nearWorker(id, dead),
        clock,
        makeId,
      };
      const queue = jobQueue({ ...common, maxAttempts: ATTEMPTS, atOnce: 2 });
      const deps: ConsumerDeps = {
        ...common,
        queue,
        workers: { ...workers, read: async () => CONTENT },
        transport: provider(step),
        runner: runner(step),
        models: [MODEL],
        operatorPays: false,
        publicUrl: null,
        ownerBudgetMicroUsd: null,
        folderQuotaBytes: 1_000_000_000,
        measureFolder: async () => 0,
        defaultModel: 'haiku',
        jobBackoff: { baseMs: 1, capMs: 1, maxAttempts: ATTEMPTS },
        limits: { deadline_ms: 1, stall_ms: 1, retry_base_ms: 1, llm_retries: 1, event_output_chars: 1 },
        wakeUp,
        ...more,
      };
      const sender = startSender(deps);
      const worker = startWorkLoop(consumerWork(deps, 2));
      wakeUp.on('deliveries', sender.wake);
      wakeUp.on('jobs', worker.wake);
      const consumer = {
        killed,
        kill,
        async stop() {
          running.delete(consumer);
          await Promise.all([sender.stop(0), worker.stop(0)]);
          dead.add(id);
        },
      };
      running.add(consumer);
      return consumer;
    },
    async close() {
      await Promise.all([...running].map((consumer) => consumer.stop()));
      await outbox.close();
    },
  };
}

export type Consumers = Awaited<ReturnType<typeof openConsumers>>;

/** Of a turn that has written its answer. */
export function turnResult(): TurnResult {
  const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
  return {
    outcome: {
      type: 'outcome',
      ok: true,
      reply: 'written',
      session_file: 'session',
      footer: '[footer]',
      usage,
      cost_usd: 0,
      context: { tokens: 1, window: 200_000 },
    },
    usage,
    costUsd: 0,
    llmRequests: 1,
    firstRequestAt: 1,
    lastResponseAt: 1,
    durationMs: 1,
    folderBytes: 100,
  };
}

function stepsUntil(killAt: number, onKilled: () => void): { step: Step; kill(): void } {
  let steps = 0;
  let isDead = false;
  const kill = () => {
    isDead = true;
    onKilled();
  };
  return {
    kill,
    step() {
      steps += 1;
      if (!isDead && steps >= killAt) kill();
      if (isDead) throw new Error('killed');
    },
  };
}

/** Each statement is two steps: a kill at the second has executed it, and its answer is lost. */
function mortalDatabase(db: Database, step: Step): Database {
  return db.withPlugin({
    transformQuery({ node }) {
      step();
      return node;
    },
    async transformResult({ result }) {
      step();
      return result;
    },
  });
}

function mortal<Port extends object>(port: Port, step: Step): Port {
  return new Proxy(port, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...words: unknown[]) => {
        step();
        const result = await value.apply(target, words);
        step();
        return result;
      };
    },
  });
}
