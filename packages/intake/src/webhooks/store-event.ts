/** Stores a webhook's event durably and gives the answer for the provider: 200 only once it is stored. */
import {
  type ErrorCode,
  type ParsedEvent,
  type ProviderEvent,
  renderError,
  type WebhookProvider,
} from '@tinyfat/core';
import type { NewWebhookEvent } from '@tinyfat/database';
import type { TakeDeps, WebhookAnswer } from './contract.ts';

/** The HTTP status of each refusal. */
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
  { logger }: Pick<TakeDeps, 'logger'>,
  provider: WebhookProvider,
  { code, reason }: { code: ErrorCode; reason: string },
): WebhookAnswer {
  const status = WEBHOOK_STATUS[code] ?? 400;
  logger.warn('webhook_refused', { provider, status, code, reason: renderError(code, reason) });
  return { status, code, reason };
}

/** The answer to a webhook that was read; an event that is stored already is only answered again. */
export async function storeEvent(
  deps: TakeDeps,
  provider: WebhookProvider,
  parsed: ParsedEvent,
): Promise<WebhookAnswer> {
  if (!parsed.ok) return refuseWebhook(deps, provider, parsed);
  if ('ignored' in parsed) {
    deps.logger.debug('webhook_ignored', { provider, type: parsed.ignored });
    return TAKEN;
  }
  const { eventId, event: providerEvent, raw } = parsed;
  const rawKey = raw === null ? null : deps.makeId();
  const event = { ...eventRow(deps, provider, { eventId, providerEvent }), raw_key: rawKey };
  try {
    if (raw !== null && rawKey !== null) await deps.rawMail.put(rawKey, raw);
    const isNew = await deps.storeEvent(event);
    if (!isNew && rawKey !== null) await deps.rawMail.remove(rawKey);
    const { kind, mailId } = providerEvent;
    deps.logger.info('webhook', { webhook: event.id, provider, kind, provider_mail: mailId, known: !isNew });
    if (isNew) deps.wakeUp.wake('webhook_events');
    return TAKEN;
  } catch (error) {
    if (rawKey !== null) await removeMessage(deps, event.id, rawKey);
    deps.logger.error('webhook_not_stored', { provider, code: 'webhook_not_stored', error: String(error) });
    return { status: 503, code: 'webhook_not_stored', reason: 'It could not be stored.' };
  }
}

/**
 * Removes the message of an event that was not stored: the provider sends it again. Where the database does not say whether
 * the row is there, the message stays: a file without a row does less harm than a row without its file.
 */
async function removeMessage(deps: TakeDeps, eventId: string, rawKey: string): Promise<void> {
  try {
    if (!(await deps.hasEvent(eventId))) await deps.rawMail.remove(rawKey);
  } catch (error) {
    deps.logger.warn('webhook_message_left', { raw_key: rawKey, error: String(error) });
  }
}

/** The row of an event that waits to be worked on. */
export function eventRow(
  { clock, makeId }: Pick<TakeDeps, 'clock' | 'makeId'>,
  provider: WebhookProvider,
  { eventId, providerEvent }: { eventId: string; providerEvent: ProviderEvent },
): NewWebhookEvent {
  const now = clock();
  return {
    id: makeId(),
    provider,
    event_id: eventId,
    kind: providerEvent.kind,
    provider_mail_id: providerEvent.mailId,
    payload: JSON.stringify(providerEvent),
    state: 'pending',
    attempts: 0,
    next_attempt_at: now,
    created_at: now,
  };
}
