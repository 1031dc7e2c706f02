/** One process of the server: the parts of its role, over one runtime and one data folder. */
import {
  describeError,
  type Logger,
  logRecorder,
  type Runtime,
  recorders,
  type WorkerIdentity,
} from '@tinyfat/core';
import { backlog } from '@tinyfat/database';
import { type IntakeDeps, mailQueue, webhookTakers } from '@tinyfat/intake';
import { jobQueue, QUEUE_TIMES } from '@tinyfat/jobs';
import { type MailWorkers, resendAccountOf } from '@tinyfat/mail';
import { mailWorkers, type RelayCheck, type SmtpListener } from '@tinyfat/mail/node';
import type { SignInMail } from '@tinyfat/platform/accounts';
import { createMetrics } from '@tinyfat/platform/node';
import type { Config } from './config.ts';
import { type DataFolder, makeDataFolder, type Stores } from './data-folder.ts';
import { lookAround } from './doctor/server-checks.ts';
import { readCertificate, reloadCertificate } from './files/certificate.ts';
import type { RunFolder } from './files/run-folders.ts';
import type { TlsPair } from './files/tls-files.ts';
import { readModels } from './models.ts';
import { jobWorker, limitNotices, ownerNotices, sender } from './parts/consumer.ts';
import { consumerDeps } from './parts/consumer-deps.ts';
import { health } from './parts/health.ts';
import { installation } from './parts/installation.ts';
import { type MailOut, watchMailOut } from './parts/mail-out.ts';
import { mailTransport, relayCheckOf } from './parts/mail-transport.ts';
import { type Part, type PartList, partList, StartRefused } from './parts/part.ts';
import { rawMailSweeper } from './parts/raw-mail-sweeper.ts';
import { readinessChecks } from './parts/readiness.ts';
import { retention } from './parts/retention.ts';
import { addressFile, deadRuns, runFolder } from './parts/run-folder.ts';
import { searchBackFill } from './parts/search-back-fill.ts';
import { smtp } from './parts/smtp.ts';
import { dataFolder, folderLock, signInKeyBytes } from './parts/stores.ts';
import { type Turns, turns } from './parts/turns.ts';
import { wakeUps } from './parts/wake-ups.ts';
import { web } from './parts/web.ts';
import { webhookWorker } from './parts/webhooks.ts';
import { missingBuild, programPaths } from './program.ts';
import { ownFiles } from './retention/own-files.ts';
import { hasDuty, type Role } from './roles.ts';
import { processRuntime } from './runtime.ts';
import { endWorker } from './worker-identity.ts';

/** A running process of a server. */
export interface Server {
  role: Role;
  /** Null where it does not listen. */
  smtpPort: number | null;
  httpPort: number | null;
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

interface StartOptions {
  role: Role;
  /** From now on the keys and the storage of this process are those of the database. */
  adopt: boolean;
  /** Gets the links of sign-in mails while mail goes nowhere but into the Maildir, and never otherwise. */
  onSignIn(mail: SignInMail): void;
}

/** A job that waits longer for a free worker makes the server unready. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** Starts a process on the configured folder. Rejects for ports that are taken and other surprises. */
export async function startServer(
  config: Config,
  logger: Logger,
  { role = 'all', adopt = false, onSignIn = () => {} }: Partial<StartOptions> = {},
): Promise<StartResult> {
  const parts = partList(logger);
  try {
    return { ok: true, server: await startParts(parts, config, logger, { role, adopt, onSignIn }) };
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
  { role, adopt, onSignIn }: StartOptions,
): Promise<Server> {
  const [isSmtp, isPlatform, isWorker] = [
    hasDuty(role, 'smtp'),
    hasDuty(role, 'platform'),
    hasDuty(role, 'worker'),
  ];
  const runtime = processRuntime(logger);
  const { clock } = runtime;
  await parts.start(worker(runtime));
  makeDataFolder(config.dataDir);
  refuseWithoutBuild();
  if (role === 'smtp' && config.smtp.port === null) {
    throw new StartRefused('SMTP_PORT=0 leaves nothing to do for the role smtp.', 'Set SMTP_PORT.');
  }
  const tls = isSmtp ? readTls(config, runtime) : null;

  await parts.start(folderLock(config, role));
  const data = await parts.start(dataFolder(config, logger));
  const { db, paths } = data;
  await parts.start(installation(config, data, { adopt, makeId: runtime.makeId, isPlatform }));
  const own = await parts.start(runFolder(paths, role));
  const { wakeUp } = await parts.start(
    wakeUps(config, { role, data, runFolder: own, processId: runtime.worker.id, logger }),
  );
  const signInKey = isPlatform ? await parts.start(signInKeyBytes(config, data)) : null;
  const running = isWorker ? await startTurns(parts, config, { data, own, runtime }) : null;
  const workers = await parts.start(mailThreads(config));
  const account = isWorker ? resendAccountOf(config.mailProvider, clock) : null;
  const mailOut =
    isPlatform || isWorker
      ? await parts.start(
          transport({
            transport: mailTransport(config, paths.mailbox, clock, account),
            check: relayCheckOf(config),
            clock,
            logger,
          }),
        )
      : null;

  const metrics = createMetrics(
    () => backlog(db, clock()),
    () => mailOut !== null && mailOut.warning() !== null,
  );
  const recorder = recorders(logRecorder(logger), metrics.recorder);
  const queue = jobQueue({ ...runtime, ...QUEUE_TIMES, db, atOnce: config.workers });
  const stores: Stores = { db, folders: data.folders, rawMail: data.rawMail };
  const models = readModels(programPaths.models);
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

  if (running !== null && mailOut !== null) {
    const { runner, measureFolder } = running;
    const { transport } = mailOut;
    const shared = { runtime, data, queue, workers, recorder, wakeUp, models };
    const consumer = consumerDeps(config, { ...shared, transport, runner, measureFolder });
    await parts.start(sender(consumer, wakeUp));
    await parts.start(limitNotices(consumer));
    await parts.start(ownerNotices(consumer));
    await parts.start(jobWorker(config, consumer, wakeUp));
    await parts.start(webhookWorker(config, intake, { ...runtime, account, wakeUp }));
    await parts.start(searchBackFill(consumer));
  }
  const listener = isSmtp ? await parts.start(smtp(config, intake, tls)) : null;
  const checks = readinessChecks({
    db,
    disk: { dataDir: config.dataDir },
    clock,
    listener: isSmtp ? () => listenerProblem(config, listener) : null,
    turns: running && {
      sandbox: running.sandbox,
      longestWaitMs: Math.max(LONGEST_WAIT_MS, 2 * config.turnTimeoutMs),
    },
  });
  const mailOutWarning = () => mailOut?.warning() ?? null;
  const site =
    signInKey !== null && mailOut !== null
      ? await parts.start(
          web(config, {
            ...{ runtime, data, wakeUp, mails, models, workers, checks, metrics, onSignIn, mailOutWarning },
            lookAround: lookAround({ config, db, clock }),
            signInKeyBytes: signInKey,
            transport: mailOut.transport,
            webhooks: webhookTakers(config.webhooks, intake),
          }),
        )
      : await parts.start(health(config, { ...runtime, checks, metrics, mailOutWarning }));
  if (isWorker) {
    await parts.start(rawMailSweeper({ ...stores, clock, logger }));
    await parts.start(
      retention({ ...runtime, ...stores, days: config.retention, ownFiles: ownFiles(paths) }),
    );
  }

  const [smtpPort, httpPort] = [listener?.port ?? null, site?.port ?? null];
  await parts.start(
    addressFile(own, {
      role,
      smtp: smtpPort === null ? null : { host: config.smtp.host, port: smtpPort },
      http: httpPort === null ? null : { host: config.http.host, port: httpPort },
    }),
  );
  return {
    role,
    smtpPort,
    httpPort,
    data,
    checkMailOut: async () => (isWorker && mailOut !== null ? await mailOut.check() : null),
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

function readTls({ smtp }: Config, { clock, logger }: Runtime): TlsPair | null {
  if (smtp.tls === null) return null;
  const tls = readCertificate(smtp.tls, clock, logger);
  if (!tls.ok) throw new StartRefused(tls.reason, tls.fix);
  return tls;
}

/** What runs turns, once it is known that nothing of dead processes runs any more. */
async function startTurns(
  parts: PartList,
  config: Config,
  { data, own, runtime }: { data: DataFolder; own: RunFolder; runtime: Runtime },
): Promise<Turns> {
  const { others } = await parts.start(deadRuns(data.paths, own, runtime.logger));
  return await parts.start(turns(config, data, own, { ...runtime, alone: others === 0 }));
}

function listenerProblem({ smtp }: Config, listener: SmtpListener | null): string | null {
  return smtp.port === null || listener ? null : 'the SMTP listener is not up';
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
