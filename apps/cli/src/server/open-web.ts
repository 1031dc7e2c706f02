/** All that people and programs reach over HTTP: sign-in with its mails, the API, the pages, health and metrics. */
import { randomBytes } from 'node:crypto';
import type { Clock, Logger, MailTransport, MakeId } from '@tinyfat/core';
import { agentOverview } from '@tinyfat/database';
import type { MailWorkers } from '@tinyfat/mail';
import { clientNetwork } from '@tinyfat/mail/network';
import { createApi, faultReporter } from '@tinyfat/platform';
import { createAccounts, signInKey } from '@tinyfat/platform/accounts';
import { type Metrics, startHttpServer } from '@tinyfat/platform/node';
import type { Config } from '../config.ts';
import type { DataFolder } from '../data-folder.ts';
import { apiPorts } from './api-ports.ts';
import { type CheckParts, readinessChecks } from './checks.ts';
import { mailWay } from './mail-transport.ts';
import type { Webhooks } from './open-webhooks.ts';
import { programPaths } from './program.ts';
import { type SignInMail, startSignInMails } from './sign-in-mails.ts';

export interface WebParts extends Pick<CheckParts, 'sandbox' | 'listener'> {
  config: Config;
  data: DataFolder;
  logger: Logger;
  clock: Clock;
  makeId: MakeId;
  signInKeyBytes: Uint8Array<ArrayBuffer>;
  workers: MailWorkers;
  transport: MailTransport;
  metrics: Metrics;
  webhooks: Webhooks;
  /** Work for the queue's workers, and for the sender. */
  onJobs(): void;
  onDeliveries(): void;
  /** Told the links of sign-in mails while mail goes nowhere but into the Maildir, and never otherwise. */
  onSignIn(mail: SignInMail): void;
  /** What keeps mail from leaving; null where it leaves. */
  mailOutWarning(): string | null;
}

export interface Web {
  port: number;
  /** Ends streams of events; requests and sign-in mails under way get so many ms. */
  stop(drainMs: number): Promise<void>;
}

/** A job that waits longer for a free worker makes the server unready. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** Once the answer to the form has gone: whether there is a mail to be sent must not show in its time. */
const SIGN_IN_MAIL_AFTER_MS = 200;

/** Agents on the status page. */
const MOST_AGENTS_SHOWN = 200;

/** Opens it. Rejects where the port is taken. */
export async function openWeb(parts: WebParts): Promise<Web> {
  const { config, data, logger, clock, makeId, sandbox, listener, metrics, webhooks } = parts;
  const { db } = data;
  const { mailDomain } = config;
  const publicUrl = new URL(config.publicUrl);
  const key = signInKey(parts.signInKeyBytes);
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
    onMail: () => void setTimeout(() => signInMails.wake(), SIGN_IN_MAIL_AFTER_MS),
  });
  const stopping = new AbortController();
  const api = createApi(
    apiPorts(config, data, logger, {
      viewer: accounts.viewer,
      mayCreateAgents: async () => config.signUp === 'open',
      onJobs: parts.onJobs,
      onDeliveries: parts.onDeliveries,
      stopping: stopping.signal,
    }),
  );
  const signInMails = await startSignInMails({
    db,
    key,
    workers: parts.workers,
    transport: parts.transport,
    clock,
    random: Math.random,
    logger,
    publicUrl,
    mailDomain,
    retryBaseMs: config.retryBaseMs,
    onSent: mailWay(config) === null ? parts.onSignIn : () => {},
  });
  const server = await startHttpServer({
    ...config.http,
    builtFolder: programPaths.platform,
    trustedProxies: config.trustedProxies,
    logger,
    backend: {
      publicUrl,
      mailDomain,
      api,
      accounts,
      overview: ({ address, isAdmin }) =>
        agentOverview(db, isAdmin ? 'all' : { owner: address }, MOST_AGENTS_SHOWN),
      checks: readinessChecks({
        db,
        disk: { dataDir: config.dataDir },
        sandbox,
        clock,
        listener,
        longestWaitMs: Math.max(LONGEST_WAIT_MS, 2 * config.turnTimeoutMs),
      }),
      warnings: { mail_out: async () => parts.mailOutWarning() },
      metrics,
      webhooks,
      reportFault: faultReporter(logger, makeId),
    },
  }).catch(async (error) => {
    await signInMails.stop(0);
    throw error;
  });
  return {
    port: server.port,
    async stop(drainMs) {
      // Streams of events would keep the HTTP server from closing.
      stopping.abort();
      await server.close(drainMs);
      await signInMails.stop(drainMs);
    },
  };
}
