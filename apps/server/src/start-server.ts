/** Everything in one process: a list of parts over one runtime and one data folder. */
import { rmSync, writeFileSync } from 'node:fs';
import { describeError, type Logger, type Runtime, type WorkerIdentity } from '@tinyfat/core';
import { backlog } from '@tinyfat/database';
import { type IntakeDeps, mailQueue } from '@tinyfat/intake';
import { jobQueue, processWakeUp } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import { mailWorkers, type RelayCheck } from '@tinyfat/mail/node';
import { logRecorder, recorders } from '@tinyfat/platform';
import type { SignInMail } from '@tinyfat/platform/accounts';
import { createMetrics } from '@tinyfat/platform/node';
import type { ConsumerDeps } from '@tinyfat/sandbox-queue';
import type { Config } from './config.ts';
import { type DataFolder, makeDataFolder, masterKeysOf, type Stores } from './data-folder.ts';
import { readCertificate, reloadCertificate } from './files/certificate.ts';
import { readModels } from './models.ts';
import { jobWorker, limitNotices, sender } from './parts/consumer.ts';
import { type MailOut, watchMailOut } from './parts/mail-out.ts';
import { mailTransport, relayCheckOf, resendAccountOf } from './parts/mail-transport.ts';
import { type Part, type PartList, partList, StartRefused } from './parts/part.ts';
import { rawMailSweeper } from './parts/raw-mail-sweeper.ts';
import { retention } from './parts/retention.ts';
import { smtp } from './parts/smtp.ts';
import { dataFolder, folderLock, signInKeyBytes } from './parts/stores.ts';
import { turns } from './parts/turns.ts';
import { web } from './parts/web.ts';
import { webhooks } from './parts/webhooks.ts';
import { missingBuild, programPaths } from './program.ts';
import { QUEUE_TIMES } from './queue-times.ts';
import { processRuntime } from './runtime.ts';
import { endWorker } from './worker-identity.ts';

/** A running server. */
export interface Server {
  smtpPort: number | null;
  httpPort: number;
  data: DataFolder;
  /** Asks the relay whether mail would go out, within seconds; null where there is none. Never rejects. */
  checkMailOut(): Promise<RelayCheck | null>;
  /**
   * Reads the certificate of the listener again, for connections that begin TLS from now on. One that can not be used
   * is an error in the log, and the old one stays.
   */
  reloadCertificate(): void;
  /**
   * Takes no new mail, finishes what runs within the time, then stops; nothing is lost either way. Further calls wait
   * for the first. Rejects when a part failed to stop; all others are stopped then, too.
   */
  stop(drainMs: number): Promise<void>;
}

/** A start that was refused: what is wrong, and the line that mends it. */
type StartResult = { ok: true; server: Server } | { ok: false; reason: string; fix: string };

/**
 * Starts the server on the configured folder. Rejects for ports that are taken and other surprises. `onSignIn` gets
 * the links of sign-in mails while mail goes nowhere but into the Maildir, and never otherwise.
 */
export async function startServer(
  config: Config,
  logger: Logger,
  onSignIn: (mail: SignInMail) => void = () => {},
): Promise<StartResult> {
  const parts = partList(logger);
  try {
    return { ok: true, server: await startParts(parts, config, logger, onSignIn) };
  } catch (error) {
    await parts.stop(0);
    if (error instanceof StartRefused) return { ok: false, reason: error.message, fix: error.fix };
    throw error;
  }
}

async function startParts(
  parts: PartList,
  config: Config,
  logger: Logger,
  onSignIn: (mail: SignInMail) => void,
): Promise<Server> {
  const runtime = processRuntime(logger);
  const { clock } = runtime;
  await parts.start(worker(runtime));
  makeDataFolder(config.dataDir);
  refuseWithoutBuild();
  const tls = config.smtp.tls && readCertificate(config.smtp.tls, clock, logger);
  if (tls && !tls.ok) throw new StartRefused(tls.reason, tls.fix);

  await parts.start(folderLock(config));
  const data = await parts.start(dataFolder(config, logger));
  const signInKey = await parts.start(signInKeyBytes(data));
  const { sandbox, runner, measureFolder } = await parts.start(turns(config, data, runtime));
  const workers = await parts.start(mailThreads(config));
  const account = resendAccountOf(config, clock);
  const mailOut = await parts.start(
    transport({
      transport: mailTransport(config, data.paths.mailbox, clock, account),
      check: relayCheckOf(config),
      clock,
      logger,
    }),
  );

  const { db } = data;
  const wakeUp = processWakeUp();
  const metrics = createMetrics(
    () => backlog(db, clock()),
    () => mailOut.warning() !== null,
  );
  const recorder = recorders(logRecorder(logger), metrics.recorder);
  const queue = jobQueue({ ...runtime, ...QUEUE_TIMES, db, atOnce: config.workers });
  const stores: Stores = { db, folders: data.folders, rawMail: data.rawMail };
  const models = readModels(programPaths.models);

  const backoff = { baseMs: config.retryBaseMs, maxAttempts: QUEUE_TIMES.maxAttempts };
  const consumer: ConsumerDeps = {
    ...runtime,
    ...stores,
    queue,
    leaseMs: QUEUE_TIMES.leaseMs,
    workers,
    transport: mailOut.transport,
    runner,
    recorder,
    wakeUp,
    mailDomain: config.mailDomain,
    models,
    llm: { baseUrl: config.anthropic.baseUrl, operatorKey: config.anthropic.apiKey },
    readMasterKeys: masterKeysOf(config, data).read,
    ownerBudgetMicroUsd: config.ownerBudgetMicroUsd,
    defaultModel: 'haiku',
    jobBackoff: { ...backoff, capMs: 10 * 60_000 },
    deliveryBackoff: { baseMs: config.retryBaseMs, capMs: 60 * 60_000, maxAttempts: 30 },
    limits: {
      deadline_ms: config.turnTimeoutMs,
      stall_ms: Math.min(120_000, Math.ceil(config.turnTimeoutMs / 2)),
      retry_base_ms: Math.min(2000, config.retryBaseMs),
      llm_retries: 3,
      event_output_chars: 4000,
    },
    folderQuotaBytes: config.folderQuotaBytes,
    measureFolder,
  };
  await parts.start(sender(consumer, wakeUp));
  await parts.start(limitNotices(consumer));
  await parts.start(jobWorker(config, consumer, wakeUp));

  const mails = mailQueue({
    ...runtime,
    db,
    jobs: queue,
    limits: config.limits,
    ownerNoticeDelayMs: Math.min(QUEUE_TIMES.ownerNoticeDelayMs, 12 * config.retryBaseMs),
  });
  const intake: IntakeDeps = {
    ...runtime,
    ...stores,
    mails,
    recorder,
    wakeUp,
    mailDomain: config.mailDomain,
    inspect: workers.inspect,
    readReport: workers.readReport,
  };
  const listener = await parts.start(smtp(config, intake, tls));
  const hooks = await parts.start(webhooks(config, intake, { ...runtime, account, wakeUp }));
  const site = await parts.start(
    web(config, {
      runtime,
      data,
      wakeUp,
      mails,
      models,
      signInKeyBytes: signInKey,
      workers,
      transport: mailOut.transport,
      sandbox,
      metrics,
      webhooks: hooks,
      listener: () => (config.smtp.port === null || listener ? null : 'the SMTP listener is not up'),
      onSignIn,
      mailOutWarning: mailOut.warning,
    }),
  );
  await parts.start(rawMailSweeper({ ...stores, clock, logger }));
  await parts.start(retention({ ...runtime, ...stores, paths: data.paths, days: config.retention }));

  const smtpPort = listener?.port ?? null;
  await parts.start(addressFile(config, data, { smtp: smtpPort, http: site.port }));
  return {
    smtpPort,
    httpPort: site.port,
    data,
    checkMailOut: mailOut.check,
    reloadCertificate: () => reloadCertificate(config.smtp.tls, listener, clock, logger),
    async stop(drainMs) {
      if (!(await parts.stop(drainMs))) throw new Error('not everything could be stopped in order');
    },
  };
}

function refuseWithoutBuild(): void {
  const missing = missingBuild();
  if (missing === null) return;
  const { sentence, nextStep } = describeError('build_missing');
  throw new StartRefused(`${sentence} (${missing})`, nextStep);
}

/** Stopped last: from then on this process holds no row. */
function worker({ worker: identity }: Runtime): Part<WorkerIdentity> {
  return { name: 'worker', start: async () => identity, stop: endWorker };
}

/** The threads that parse, authenticate and compose. */
function mailThreads({
  workers: threads,
  dnsServers: servers,
  mailDomain: hostname,
  trustedAuthservIds: authservIds,
}: Config): Part<MailWorkers> {
  return {
    name: 'mail threads',
    start: async () => mailWorkers({ threads, dns: { servers }, hostname, authservIds }),
    stop: (running) => running.close(),
  };
}

function transport(deps: Parameters<typeof watchMailOut>[0]): Part<MailOut> {
  return {
    name: 'mail transport',
    start: async () => watchMailOut(deps),
    stop: ({ transport }) => transport.close(),
  };
}

/** Tells commands on this machine where the server listens. */
function addressFile(
  { smtp, http }: Config,
  { paths }: DataFolder,
  ports: { smtp: number | null; http: number },
): Part<void> {
  return {
    name: 'address file',
    async start() {
      writeFileSync(
        paths.address,
        JSON.stringify({
          pid: process.pid,
          smtp: { host: smtp.host, port: ports.smtp },
          http: { host: http.host, port: ports.http },
        }),
        { mode: 0o600 },
      );
    },
    stop: () => rmSync(paths.address, { force: true }),
  };
}
