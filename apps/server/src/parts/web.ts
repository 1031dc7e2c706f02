/** All that people and programs reach over HTTP: sign-in with its mails, the API, the pages, health and metrics. */
import { randomBytes } from 'node:crypto';
import type { MailTransport, Runtime } from '@tinyfat/core';
import type { ProcessWakeUp } from '@tinyfat/jobs';
import { QUEUE_TIMES } from '@tinyfat/jobs';
import type { MailWorkers } from '@tinyfat/mail';
import { clientNetwork } from '@tinyfat/mail/network';
import {
  type ApiDeps,
  createApi,
  createAsk,
  faultReporter,
  type HealthReport,
  healthReport,
  type ReadinessCheck,
  readiness,
  type WebhookTakers,
} from '@tinyfat/platform';
import { createAccounts, type SignInMail, signInKey, startSignInMails } from '@tinyfat/platform/accounts';
import { openDecisionLink, startApprovalNotices } from '@tinyfat/platform/approvals';
import { type Metrics, startHttpServer } from '@tinyfat/platform/node';
import { apiDeps } from '../api-deps.ts';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { mailWay } from '../mail-way.ts';
import { programPaths } from '../program.ts';
import { domainLook } from './domain-look.ts';
import { localMail } from './local-mail.ts';
import type { Part } from './part.ts';

interface WebDeps {
  runtime: Runtime;
  data: DataFolder;
  wakeUp: ProcessWakeUp;
  mails: ApiDeps['mails'];
  models: ApiDeps['models'];
  signInKeyBytes: Uint8Array<ArrayBuffer>;
  workers: MailWorkers;
  transport: MailTransport;
  checks: Readonly<Record<string, ReadinessCheck>>;
  metrics: Metrics;
  webhooks: WebhookTakers;
  /** Gets the links of sign-in mails while mail goes nowhere but into the Maildir, and never otherwise. */
  onSignIn(mail: SignInMail): void;
  /** What this process finds when it looks at its machine and its settings; `online`: and at what others say. */
  lookAround(online: boolean): Promise<HealthReport['findings']>;
  /** What keeps mail from leaving; null where it leaves. */
  mailOutWarning(): string | null;
}

export interface Web {
  port: number;
  /** Ends streams of events; requests and sign-in mails under way get so many ms. */
  stop(drainMs: number): Promise<void>;
}

/** Once the answer to the form has gone: whether there is a mail to be sent must not show in its time. */
const SIGN_IN_MAIL_AFTER_MS = 200;

const DRAIN_MS = 5000;

const SEE_DOCTOR = 'On the machine, tinyfat doctor also looks at ports, the database and the sandbox.';

/** Opens the HTTP server. Rejects where the port is taken. */
export function web(config: Config, deps: WebDeps): Part<Web> {
  return {
    name: 'HTTP server',
    start: () => openWeb(config, deps),
    stop: (running) => running.stop(DRAIN_MS),
  };
}

async function openWeb(config: Config, deps: WebDeps): Promise<Web> {
  const { data, wakeUp, checks, metrics, webhooks } = deps;
  const { clock, makeId, random, logger } = deps.runtime;
  const { db } = data;
  const { mailDomain } = config;
  const publicUrl = new URL(config.publicUrl);
  const key = signInKey(deps.signInKeyBytes);
  const accounts = await createAccounts({
    db,
    signUp: config.signUp,
    adminEmails: config.adminEmails,
    clock,
    makeId,
    randomBytes,
    logger,
    publicUrl,
    key,
    networkOf: clientNetwork,
    wakeUp,
    oidc: config.oidc,
  });
  const warnings = { mail_out: async () => deps.mailOutWarning() };
  const stopping = new AbortController();
  const ofApi = apiDeps(config, data, deps.runtime, {
    mails: deps.mails,
    mailViewer: deps.workers,
    models: deps.models,
    composer: deps.workers,
    viewer: accounts.viewer,
    mayCreateAgents: async () => config.signUp === 'open',
    mailDomainLook: domainLook(config),
    localMail: localMail(config, data.paths.mailbox, deps.runtime, deps.workers),
    wakeUp,
    stopping: stopping.signal,
    mailOutProblem: deps.mailOutWarning,
    health: async (online) => ({
      ...healthReport(await readiness({ checks, warnings }), await deps.lookAround(online), SEE_DOCTOR),
      online,
    }),
  });
  const signInMails = startSignInMails({
    db,
    worker: deps.runtime.worker,
    leaseMs: QUEUE_TIMES.leaseMs,
    key,
    workers: deps.workers,
    transport: deps.transport,
    clock,
    random,
    logger,
    publicUrl,
    mailDomain,
    retryBaseMs: config.retryBaseMs,
    onSent: mailWay(config) === null ? deps.onSignIn : () => {},
  });
  const approvalNotices = startApprovalNotices({
    db,
    worker: deps.runtime.worker,
    leaseMs: QUEUE_TIMES.leaseMs,
    key,
    workers: deps.workers,
    rawMail: data.rawMail,
    transport: deps.transport,
    clock,
    random,
    logger,
    publicUrl,
    mailDomain,
    retryBaseMs: config.retryBaseMs,
  });
  wakeUp.on('sign_in_mails', () => void setTimeout(signInMails.wake, SIGN_IN_MAIL_AFTER_MS));
  const server = await startHttpServer({
    ...config.http,
    builtFolder: programPaths.platform,
    trustedProxies: config.trustedProxies,
    logger,
    backend: {
      publicUrl,
      mailDomain,
      api: createApi(ofApi),
      askFor: createAsk(ofApi),
      openDecision: (token) => openDecisionLink({ db, key, now: clock() }, token),
      accounts,
      checks,
      warnings,
      metrics,
      metricsToken: config.metricsToken,
      webhooks,
      reportFault: faultReporter(logger, makeId),
    },
  }).catch(async (error) => {
    await Promise.all([signInMails.stop(0), approvalNotices.stop(0)]);
    throw error;
  });
  return {
    port: server.port,
    async stop(drainMs) {
      // Streams of events would keep the HTTP server from closing.
      stopping.abort();
      await server.close(drainMs);
      await Promise.all([signInMails.stop(drainMs), approvalNotices.stop(drainMs)]);
    },
  };
}
