/** Writes what a webhook told, durably, and gives the answer for the provider: 200 only once it is stored. */
import {
  type ErrorCode,
  type ParsedNotice,
  type ProviderNotice,
  renderError,
  type WebhookProvider,
} from '@tinyfat/core';
import type { NewWebhookEvent } from '@tinyfat/database';
import type { TakePorts, WebhookAnswer } from './contract.ts';

/** The HTTP status of each refusal; what is not in it is none. */
export const WEBHOOK_STATUS: Partial<Record<ErrorCode, number>> = {
  webhook_not_configured: 404,
  webhook_signature_wrong: 401,
  webhook_stale: 401,
  webhook_unauthorized: 401,
  webhook_too_large: 413,
  webhook_busy: 503,
  webhook_incomplete: 408,
  webhook_malformed: 400,
  // So that Postmark comes again; a 403 would stop it.
  webhook_raw_missing: 503,
  webhook_not_stored: 503,
};

const TAKEN: WebhookAnswer = { status: 200, code: null, reason: null };

/** The answer to a webhook that is not taken, with its line in the log. */
export function refuseWebhook(
  { logger }: Pick<TakePorts, 'logger'>,
  provider: WebhookProvider,
  { code, reason }: { code: ErrorCode; reason: string },
): WebhookAnswer {
  const status = WEBHOOK_STATUS[code] ?? 400;
  logger.warn('webhook_refused', { provider, status, code, reason: renderError(code, reason) });
  return { status, code, reason };
}

/** The answer to one that was read; what was told before is only answered again. */
export async function storeNotice(
  ports: TakePorts,
  provider: WebhookProvider,
  parsed: ParsedNotice,
): Promise<WebhookAnswer> {
  if (!parsed.ok) return refuseWebhook(ports, provider, parsed);
  if ('ignored' in parsed) {
    ports.logger.debug('webhook_ignored', { provider, type: parsed.ignored });
    return TAKEN;
  }
  const { eventId, notice, raw } = parsed;
  const rawKey = raw === null ? null : ports.makeId();
  const event = { ...eventRow(ports, provider, { eventId, notice }), raw_key: rawKey };
  try {
    if (raw !== null && rawKey !== null) await ports.rawMail.put(rawKey, raw);
    const isNew = await ports.storeEvent(event);
    if (!isNew && rawKey !== null) await ports.rawMail.remove(rawKey);
    const { kind, mailId } = notice;
    ports.logger.info('webhook', { webhook: event.id, provider, kind, provider_mail: mailId, known: !isNew });
    if (isNew) ports.onStored();
    return TAKEN;
  } catch (error) {
    if (rawKey !== null) await forget(ports, event.id, rawKey);
    ports.logger.error('webhook_not_stored', { provider, code: 'webhook_not_stored', error: String(error) });
    return { status: 503, code: 'webhook_not_stored', reason: 'It could not be stored.' };
  }
}

/**
 * Removes the message of an event that was not stored: it comes again with every try of the provider. Where it can't be
 * seen whether the row is there, the message stays: a file too many is better than a row without one.
 */
async function forget(ports: TakePorts, eventId: string, rawKey: string): Promise<void> {
  try {
    if (!(await ports.hasEvent(eventId))) await ports.rawMail.remove(rawKey);
  } catch (error) {
    ports.logger.warn('webhook_message_left', { raw_key: rawKey, error: String(error) });
  }
}

/** The row of an event that waits to be worked on. */
export function eventRow(
  { clock, makeId }: Pick<TakePorts, 'clock' | 'makeId'>,
  provider: WebhookProvider,
  { eventId, notice }: { eventId: string; notice: ProviderNotice },
): NewWebhookEvent {
  const now = clock();
  return {
    id: makeId(),
    provider,
    event_id: eventId,
    kind: notice.kind,
    provider_mail_id: notice.mailId,
    payload: JSON.stringify(notice),
    state: 'pending',
    attempts: 0,
    next_attempt_at: now,
    created_at: now,
  };
}
