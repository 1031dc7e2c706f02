/** What one invocation of the Worker works with, over its bindings; nothing of it outlives the invocation. */
import {
  type AgentFolders,
  CLOUDFLARE_SIZE_LIMIT,
  logRecorder,
  type RawMailStore,
  type Runtime,
  type WakeUp,
} from '@tinyfat/core';
import { type Database, databaseFaultText } from '@tinyfat/database';
import { openHyperdrive } from '@tinyfat/database/hyperdrive';
import { type IntakeDeps, mailQueue } from '@tinyfat/intake';
import { drain, jobQueue, QUEUE_TIMES, queueWakeUp } from '@tinyfat/jobs';
import { type MailWorkers, providerTransport } from '@tinyfat/mail';
import { mailService } from '@tinyfat/mail/service';
import { isolateRuntime } from '@tinyfat/settings';
import {
  type Bucket,
  bucketFolders,
  bucketRawMail,
  bucketTrees,
  type FolderTrees,
  openR2Bucket,
} from '@tinyfat/storage';
import { signInKey } from '../accounts/sign-in-key.ts';
import { signInMailWork } from '../accounts/sign-in-mails.ts';
import { approvalNoticeWork } from '../approvals/approval-notices.ts';
import type { InvocationContext, PlatformBindings } from './bindings.ts';
import { type PlatformConfig, readConfig } from './config.ts';

export interface Invocation {
  config: PlatformConfig;
  runtime: Runtime;
  /** Of a secure source. */
  randomBytes(count: number): Uint8Array;
  db: Database;
  bucket: Bucket;
  folders: AgentFolders & Pick<FolderTrees, 'readTree'>;
  rawMail: RawMailStore;
  workers: MailWorkers;
  wakeUp: WakeUp;
  mails: ReturnType<typeof mailQueue>;
  intake: IntakeDeps;
  /** Sends the sign-in mails that are due, those that an earlier invocation left as well. */
  sendSignInMails(): Promise<void>;
  /** Tells owners of the mails that await their approval. */
  sendApprovalNotices(): Promise<void>;
  /** To be waited for once the answer is sent: sends the sign-in mails that were asked for, and ends the connections. */
  end(): Promise<void>;
}

/** Nothing new is begun after that, ms: what follows an answer has half a minute. */
const SIGN_IN_MAILS_MS = 10_000;
/** The next sweep, a minute later, goes on. */
const APPROVAL_NOTICES_MS = 40_000;

/** Connects nowhere before something is asked. Throws `WrongSettings`. */
export function openInvocation(env: PlatformBindings, ctx: InvocationContext): Invocation {
  const config = readConfig(env);
  const { mailDomain, retryBaseMs, publicUrl } = config;
  const { randomBytes, ...runtime } = isolateRuntime(config.logLevel);
  const { clock, logger } = runtime;
  const db = openHyperdrive(env.HYPERDRIVE.connectionString);
  const bucket = openR2Bucket(env.DATA, runtime);
  const rawMail = bucketRawMail({ bucket, root: '' });
  const workers = mailService(env.MAIL);
  let signInMailsAsked = false;
  const wakeUp = queueWakeUp({
    jobs: env.JOBS,
    tasks: env.TASKS,
    // Whether there is a mail to be sent must not show in the time of the answer.
    onSignInMails: () => {
      signInMailsAsked = true;
    },
    waitUntil: (promise) => ctx.waitUntil(promise),
    logger,
  });
  const jobs = jobQueue({ ...runtime, ...QUEUE_TIMES, db, atOnce: 1 });
  const mails = mailQueue({ ...runtime, ...QUEUE_TIMES, db, jobs, limits: config.limits });

  const ownMails = () => ({
    ...runtime,
    db,
    leaseMs: QUEUE_TIMES.leaseMs,
    key: signInKey(config.signInKey.bytes),
    workers,
    transport: providerTransport(config.mailProvider, clock),
    publicUrl,
    mailDomain,
    retryBaseMs,
  });
  const sendSignInMails = async () => {
    await drain(signInMailWork({ ...ownMails(), onSent() {} }), clock() + SIGN_IN_MAILS_MS);
  };
  const sendApprovalNotices = async () => {
    await drain(approvalNoticeWork({ ...ownMails(), rawMail }), clock() + APPROVAL_NOTICES_MS);
  };

  return {
    config,
    runtime,
    randomBytes,
    db,
    bucket,
    folders: {
      ...bucketFolders({ bucket, root: '', clock }),
      readTree: bucketTrees({ bucket, root: '' }).readTree,
    },
    rawMail,
    workers,
    wakeUp,
    mails,
    intake: {
      ...runtime,
      db,
      mails,
      rawMail,
      recorder: logRecorder(logger),
      wakeUp,
      mailDomain,
      sizeLimits: CLOUDFLARE_SIZE_LIMIT,
      inspect: workers.inspect,
      readReport: workers.readReport,
    },
    sendSignInMails,
    sendApprovalNotices,
    async end() {
      try {
        if (signInMailsAsked) await sendSignInMails();
      } catch (error) {
        // The sweep, once a minute, sends what is left.
        logger.error('sign_in_mails_left', { error: databaseFaultText(error) });
      } finally {
        await db.destroy();
      }
    },
  };
}
