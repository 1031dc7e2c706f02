/**
 * What Resend's answer means for the message. Because Resend folds what is sent again with the same key, doubt is
 * `unknown`, which is tried again.
 */
import type { SendOutcome } from '@tinyfat/core';
import { numberField, providerIdFrom, providerReason, retryAfterMs, textField } from './provider-answer.ts';
import type { ResendAnswer } from './resend-account.ts';

const HOUR_MS = 3_600_000;
const quotaErrors = ['daily_quota_exceeded', 'monthly_quota_exceeded'];
const keyErrors = [
  ...['missing_api_key', 'invalid_api_key', 'restricted_api_key', 'suspended_api_key'],
  ...['invalid_permission', 'invalid_access'],
];

/** Why a request got no success, for a person; `apiKey` is kept out of it. `now` is epoch ms. */
export function resendFailure({ error, headers }: ResendAnswer, apiKey: string, now: number) {
  const name = textField(error, 'name');
  const status = numberField(error, 'statusCode');
  const statement = status === 0 ? 'Resend gave no clear answer' : `Resend answered ${status} ${name}`;
  const retryAfter = retryAfterMs(headers?.['retry-after'], now);
  return { name, status, reason: providerReason(statement, textField(error, 'message'), apiKey), retryAfter };
}

/** Reads one answer; `apiKey` is kept out of every reason. `now` is epoch ms. */
export function resendOutcome(answer: ResendAnswer, apiKey: string, now: number): SendOutcome {
  const id = textField(answer.data, 'id');
  if (id !== '') return { state: 'sent', providerId: providerIdFrom(id), recipientsRefused: [] };
  const { name, status, reason, retryAfter: asked } = resendFailure(answer, apiKey, now);
  const wait = asked === undefined ? {} : { retryAfterMs: asked };
  if (quotaErrors.includes(name)) return { state: 'temporary', reason, parked: true, ...wait };
  if (status === 429) return { state: 'temporary', reason, ...wait };
  // The key was used within a day, and a delivery is never sent with other content: it was this mail, as another
  // version of the program worded it.
  if (name === 'invalid_idempotent_request') return { state: 'unknown', reason, final: true };
  if (keyErrors.includes(name) || status === 401) {
    return { state: 'permanent', reason, code: 'provider_unauthorized' };
  }
  if (name === 'invalid_from_address' || (status === 403 && name === 'validation_error')) {
    return { state: 'permanent', reason, code: 'provider_sender_refused' };
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return { state: 'permanent', reason };
  }
  // Resend forgets a key after a day; a mail that it may have taken is not to wait that long for the next try.
  const soon = asked === undefined ? {} : { retryAfterMs: Math.min(asked, HOUR_MS) };
  return { state: 'unknown', reason, ...soon };
}
