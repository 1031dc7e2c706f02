/** Mail in by webhook: the worker on their events, and the reader of Resend's list. */
import { MAX_MESSAGE_BYTES, type Runtime } from '@tinyfat/core';
import {
  type IntakeDeps,
  openReconciler,
  RECONCILE_MS,
  receive,
  startWebhookWorker,
  webhookPolicy,
} from '@tinyfat/intake';
import { type ProcessWakeUp, QUEUE_TIMES } from '@tinyfat/jobs';
import { type ResendAccount, resendArchive, returnPath } from '@tinyfat/mail';
import type { Config } from '../config.ts';
import type { Part } from './part.ts';

interface WebhookWork {
  /** Events under way get so many ms. */
  stop(drainMs: number): Promise<void>;
}

const DRAIN_MS = 5000;

/**
 * Works on stored events, also on those of providers whose webhooks are no longer taken, and reads Resend's list. `account`
 * is shared with mail out; null where no key of Resend is set.
 */
export function webhookWorker(
  { webhooks: settings, retryBaseMs }: Pick<Config, 'webhooks' | 'retryBaseMs'>,
  intake: IntakeDeps,
  {
    account,
    wakeUp,
    random,
    worker: identity,
  }: { account: ResendAccount | null; wakeUp: ProcessWakeUp } & Pick<Runtime, 'random' | 'worker'>,
): Part<WebhookWork> {
  const { db, clock, makeId, logger, rawMail, mailDomain } = intake;
  const { resendSecrets, downloadHosts } = settings;
  const runtime = { clock, makeId, logger, random, wakeUp };
  const policy = webhookPolicy(retryBaseMs);
  const sizes = { maxBytes: MAX_MESSAGE_BYTES, keepBytes: policy.oversizeBytes };
  const archive = account && resendArchive({ account, downloadHosts, ...sizes });
  return {
    name: 'webhook events',
    async start() {
      const worker = startWebhookWorker({
        ...runtime,
        ...policy,
        db,
        worker: identity,
        leaseMs: QUEUE_TIMES.leaseMs,
        mailDomain,
        rawMail,
        receive: (message) => receive(intake, message),
        returnPath,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        resend: archive,
      });
      wakeUp.on('webhook_events', worker.wake);
      const reconciler =
        archive && resendSecrets.length > 0
          ? await openReconciler({ ...runtime, db, archive, everyMs: RECONCILE_MS, retryMs: retryBaseMs })
          : null;
      return {
        async stop(drainMs) {
          await Promise.all([reconciler?.stop(drainMs), worker.stop(drainMs)]);
        },
      };
    },
    stop: (running) => running.stop(DRAIN_MS),
  };
}
