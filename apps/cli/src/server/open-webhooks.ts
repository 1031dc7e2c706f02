/** Mail in by webhook: what takes them, the worker behind it, and the reader of Resend's list. */
import { MAX_MESSAGE_BYTES } from '@tinyfat/core';
import { hasWebhookEvent, insertWebhookEvent } from '@tinyfat/database';
import { type ResendAccount, resendArchive, returnPath } from '@tinyfat/mail';
import {
  openReconciler,
  postmarkTaker,
  receive,
  resendTaker,
  startWebhookWorker,
  type WebhookAnswer,
  type WebhookRequest,
} from '@tinyfat/queue';
import type { Config } from '../config.ts';
import { type DoorParts, doorPorts, OVERSIZE_BYTES_KEPT } from './open-door.ts';

export interface WebhookParts extends DoorParts {
  config: DoorParts['config'] & Pick<Config, 'webhooks' | 'retryBaseMs'>;
  /** Shared with mail out; null where no key of Resend is set. */
  account: ResendAccount | null;
}

export interface Webhooks {
  /** For `POST /webhooks/resend`. */
  takeResend(request: WebhookRequest): Promise<WebhookAnswer>;
  /** For `POST /webhooks/postmark`. */
  takePostmark(request: WebhookRequest): Promise<WebhookAnswer>;
  /** Events under way get so many ms. */
  stop(drainMs: number): Promise<void>;
}

/** How often Resend's list of received mails is read. */
const RECONCILE_MS = 5 * 60_000;

/** Starts them. Without a secret every webhook is refused, and what was told before is still worked on. */
export async function openWebhooks(parts: WebhookParts): Promise<Webhooks> {
  const { config, data, clock, makeId, logger, account } = parts;
  const { db, rawMail } = data;
  const { resendSecrets, postmarkCredentials, downloadHosts } = config.webhooks;
  const door = doorPorts(parts);
  const sizes = { maxBytes: MAX_MESSAGE_BYTES, keepBytes: OVERSIZE_BYTES_KEPT };
  const archive = account && resendArchive({ account, downloadHosts, ...sizes });
  const worker = await startWebhookWorker({
    db,
    clock,
    random: Math.random,
    logger,
    mailDomain: config.mailDomain,
    rawMail,
    receive: (message) => receive(door, message),
    returnPath,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    keptBytes: OVERSIZE_BYTES_KEPT,
    resend: archive,
    backoff: { baseMs: config.retryBaseMs, capMs: 60 * 60_000, maxAttempts: Number.POSITIVE_INFINITY },
    onReports: parts.onReports,
  });
  const reconciler =
    archive && resendSecrets.length > 0
      ? await openReconciler({
          db,
          clock,
          makeId,
          logger,
          archive,
          everyMs: RECONCILE_MS,
          retryMs: config.retryBaseMs,
          onStored: worker.wake,
        })
      : null;
  const take = {
    clock,
    makeId,
    logger,
    resendSecrets,
    postmarkCredentials,
    rawMail,
    storeEvent: (event: Parameters<typeof insertWebhookEvent>[1]) => insertWebhookEvent(db, event),
    hasEvent: (id: string) => hasWebhookEvent(db, id),
    onStored: worker.wake,
  };
  return {
    takeResend: resendTaker(take),
    takePostmark: postmarkTaker(take),
    async stop(drainMs) {
      await Promise.all([reconciler?.stop(drainMs), worker.stop(drainMs)]);
    },
  };
}
