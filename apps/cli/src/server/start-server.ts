/** Everything in one process: composes the parts, starts them in order, and stops them in the opposite one. */
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Logger } from '@tinyfat/core';
import { describeError, newId } from '@tinyfat/core';
import { backlog, recoverInterruptedDeliveries } from '@tinyfat/database';
import { createGateways } from '@tinyfat/gateway';
import { mailWorkers, type RelayCheck } from '@tinyfat/mail/node';
import { logRecorder, recorders } from '@tinyfat/platform';
import { createMetrics } from '@tinyfat/platform/node';
import { databaseQueue, startWorker } from '@tinyfat/queue';
import { bubblewrap, removeStaleRuns, sandboxOwner } from '@tinyfat/sandbox';
import {
  type ConsumerPorts,
  fileSettled,
  handleJob,
  startLimitNotices,
  startSender,
} from '@tinyfat/sandbox-queue';
import { probeStepMom, turnRunner } from '@tinyfat/sandbox-spike';
import type { Config } from '../config.ts';
import { type DataFolder, makeDataFolder, openDataFolder } from '../data-folder.ts';
import { readCertificate, reloadCertificate } from './certificate.ts';
import { lockDataFolder } from './lock.ts';
import { watchMailOut } from './mail-out.ts';
import { mailTransport, relayCheckOf, resendAccountOf } from './mail-transport.ts';
import { masterKeySource } from './master-keys.ts';
import { readModels } from './models.ts';
import { openDoor } from './open-door.ts';
import { openWeb } from './open-web.ts';
import { openWebhooks } from './open-webhooks.ts';
import { missingBuild, programPaths } from './program.ts';
import { QUEUE_TIMES } from './queue-times.ts';
import { sandboxLimits } from './sandbox-limits.ts';
import { readSignInKey } from './sign-in-key-file.ts';
import type { SignInMail } from './sign-in-mails.ts';
import { startRawMailSweeper } from './sweep-raw-mail.ts';
import { unwind } from './unwind.ts';

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
export type StartResult = { ok: true; server: Server } | { ok: false; reason: string; fix: string };

/**
 * Starts the server on the configured folder. Rejects for ports that are taken and other surprises. `onSignIn` is told
 * the links of sign-in mails while mail goes nowhere but into the Maildir, and never otherwise.
 */
export async function startServer(
  config: Config,
  logger: Logger,
  onSignIn: (mail: SignInMail) => void = () => {},
): Promise<StartResult> {
  const clock = Date.now;
  const makeId = () => newId(clock, randomBytes);
  makeDataFolder(config.dataDir);
  const missing = missingBuild();
  if (missing !== null) {
    const { sentence, nextStep } = describeError('build_missing');
    return { ok: false, reason: `${sentence} (${missing})`, fix: nextStep };
  }
  const tls = config.smtp.tls && readCertificate(config.smtp.tls, clock, logger);
  if (tls && !tls.ok) return { ok: false, reason: tls.reason, fix: tls.fix };
  const lock = lockDataFolder(config.dataDir);
  if (!lock.ok) return { ok: false, reason: lock.reason, fix: lock.fix };
  const undo: (() => Promise<void> | void)[] = [() => lock.release()];
  let undone: Promise<boolean> | null = null;
  const undoAll = () => {
    undone ??= unwind(undo, logger);
    return undone;
  };
  try {
    const data = await openDataFolder(config.dataDir, ({ from, to, copy }) =>
      logger.info('database_upgraded', { from, to, copy: copy.ok ? copy.path : copy.reason }),
    );
    undo.push(() => data.close());
    const { db, paths, folders, rawMail } = data;
    const keyBytes = await readSignInKey(data);
    if (!keyBytes.ok) {
      await undoAll();
      return {
        ok: false,
        reason: `The key that signs sessions can not be used. ${keyBytes.detail}`,
        fix: `Mend what is named, or remove ${paths.signInKey}: everybody then signs in again.`,
      };
    }
    const limits = sandboxLimits(config.turnTimeoutMs);
    const metrics = createMetrics(
      () => backlog(db, clock()),
      () => mailOut.warning() !== null,
    );
    const recorder = recorders(logRecorder(logger), metrics.recorder);

    rmSync(paths.turns, { recursive: true, force: true });
    for (const folder of [paths.turns, paths.sandbox, paths.cache])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    const owner = sandboxOwner();
    if (owner) chownSync(paths.cache, owner.uid, owner.gid);
    await removeStaleRuns(paths.sandbox, logger);
    const sandbox = bubblewrap({ nodeBinary: process.execPath, runtimeFolder: paths.sandbox, logger });
    const probe = await sandbox.probe();
    const program = {
      sandbox,
      runtimeFolder: paths.turns,
      programFolder: programPaths.stepMom,
      cacheFolder: paths.cache,
      limits,
    };
    const broken = probe.ok ? await probeStepMom(program) : null;
    if (!probe.ok || broken) {
      await undoAll();
      if (!probe.ok) return { ok: false, reason: probe.reason, fix: probe.fix };
      return { ok: false, reason: broken ?? '', fix: 'npm run build' };
    }

    const hostname = config.mailDomain;
    const workers = mailWorkers({
      threads: config.workers,
      dns: { servers: config.dnsServers },
      hostname,
      authservIds: config.trustedAuthservIds,
    });
    undo.push(() => workers.close());
    const gateways = createGateways({ now: clock, allow: config.egressAllow });
    undo.push(() => gateways.close());
    const account = resendAccountOf(config, clock);
    const mailOut = watchMailOut({
      transport: mailTransport(config, paths.mailbox, clock, account),
      check: relayCheckOf(config),
      clock,
      logger,
    });
    const { transport } = mailOut;
    undo.push(() => transport.close());

    const queue = databaseQueue({
      ...QUEUE_TIMES,
      ownerNoticeDelayMs: Math.min(QUEUE_TIMES.ownerNoticeDelayMs, 12 * config.retryBaseMs),
      db,
      clock,
      makeId,
      limits: config.limits,
    });
    const reclaimed = await queue.reclaim(true);
    const interrupted = await recoverInterruptedDeliveries(db, transport.idempotent);
    if (reclaimed + interrupted > 0) logger.warn('recovered', { jobs: reclaimed, deliveries: interrupted });

    const runTurn = turnRunner({
      ...program,
      openGateway: gateways.open,
      folders,
      clock,
      skillsFolder: programPaths.skills,
      onGatewayEvent(run, { kind, ...event }) {
        if (kind === 'fault') logger.error('gateway_fault', { run, ...event });
        else logger.debug('gateway', { run, kind, ...event });
      },
    });
    let wakeSender = () => {};
    const backoff = { baseMs: config.retryBaseMs, maxAttempts: QUEUE_TIMES.maxAttempts };
    const ports: ConsumerPorts = {
      db,
      queue,
      folders,
      rawMail,
      workers,
      transport,
      runTurn,
      clock,
      makeId,
      random: Math.random,
      logger,
      recorder,
      mailDomain: config.mailDomain,
      models: readModels(programPaths.models),
      llm: { baseUrl: config.anthropic.baseUrl, operatorKey: config.anthropic.apiKey },
      readMasterKeys: masterKeySource(config, data).read,
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
      onDeliveries: () => wakeSender(),
    };
    const sender = await startSender(ports);
    wakeSender = sender.wake;
    undo.push(() => sender.stop(10_000));
    const notices = startLimitNotices(ports);
    undo.push(() => notices.stop(5000));
    let drainMs = 0;
    const worker = startWorker({
      queue,
      clock,
      logger,
      concurrency: config.workers,
      leaseMs: QUEUE_TIMES.leaseMs,
      pollMs: 1000,
      handle: (lease, signal) => handleJob(ports, lease, signal),
      retryAt: () => clock() + config.retryBaseMs,
    });
    undo.push(() => worker.stop(drainMs));

    const door = {
      config,
      data,
      workers,
      queue,
      clock,
      makeId,
      logger,
      recorder,
      onJobs: () => worker.wake(),
      onReports: () => void fileSettled(ports),
    };
    const listener = await openDoor(door, tls);
    if (listener) undo.push(() => listener.close(5000));
    const webhooks = await openWebhooks({ ...door, config, account });
    undo.push(() => webhooks.stop(5000));

    const web = await openWeb({
      config,
      data,
      logger,
      clock,
      makeId,
      signInKeyBytes: keyBytes.bytes,
      workers,
      transport,
      sandbox,
      metrics,
      webhooks,
      listener: () => (config.smtp.port === null || listener ? null : 'the SMTP listener is not up'),
      onJobs: () => worker.wake(),
      onDeliveries: () => wakeSender(),
      onSignIn,
      mailOutWarning: mailOut.warning,
    });
    undo.push(() => web.stop(5000));

    const sweeper = startRawMailSweeper({ db, rawMail, clock, logger });
    undo.push(() => sweeper.stop());

    const smtpPort = listener?.port ?? null;
    writeFileSync(
      paths.address,
      JSON.stringify({
        pid: process.pid,
        smtp: { host: config.smtp.host, port: smtpPort },
        http: { host: config.http.host, port: web.port },
      }),
      { mode: 0o600 },
    );
    undo.push(() => rmSync(paths.address, { force: true }));
    return {
      ok: true,
      server: {
        smtpPort,
        httpPort: web.port,
        data,
        checkMailOut: mailOut.check,
        reloadCertificate: () => reloadCertificate(config.smtp.tls, listener, clock, logger),
        async stop(milliseconds) {
          drainMs = milliseconds;
          if (!(await undoAll())) throw new Error('not everything could be stopped in order');
        },
      },
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}
