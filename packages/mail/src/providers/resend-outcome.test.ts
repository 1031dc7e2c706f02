import type { SendOutcome } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { resendOutcome } from './resend-outcome.ts';

const now = Date.UTC(2026, 0, 1);
const failed = (statusCode: number | null, name: string, headers: Record<string, string> | null = {}) =>
  resendOutcome({ data: null, error: { statusCode, name, message: 'Why.' }, headers }, 're_secret', now);

describe('what an answer of Resend means for the mail', () => {
  it.each<[number | null, string, Partial<SendOutcome>]>([
    [400, 'validation_error', { state: 'permanent' }],
    [400, 'invalid_idempotency_key', { state: 'permanent' }],
    [401, 'missing_api_key', { state: 'permanent', code: 'provider_unauthorized' }],
    [401, 'restricted_api_key', { state: 'permanent', code: 'provider_unauthorized' }],
    [403, 'restricted_api_key', { state: 'permanent', code: 'provider_unauthorized' }],
    [403, 'invalid_api_key', { state: 'permanent', code: 'provider_unauthorized' }],
    [403, 'suspended_api_key', { state: 'permanent', code: 'provider_unauthorized' }],
    [403, 'validation_error', { state: 'permanent', code: 'provider_sender_refused' }],
    [422, 'invalid_from_address', { state: 'permanent', code: 'provider_sender_refused' }],
    [404, 'not_found', { state: 'permanent' }],
    [422, 'missing_required_field', { state: 'permanent' }],
    [422, 'invalid_attachment', { state: 'permanent' }],
    [451, 'security_error', { state: 'permanent' }],
    [409, 'concurrent_idempotent_requests', { state: 'unknown' }],
    [409, 'invalid_idempotent_request', { state: 'unknown', final: true }],
    [409, 'resource_locked', { state: 'unknown' }],
    [429, 'rate_limit_exceeded', { state: 'temporary' }],
    [429, 'daily_quota_exceeded', { state: 'temporary', parked: true }],
    [429, 'monthly_quota_exceeded', { state: 'temporary', parked: true }],
    [500, 'application_error', { state: 'unknown' }],
    [503, 'service_unavailable', { state: 'unknown' }],
    [null, 'application_error', { state: 'unknown' }],
  ])('%s %s', (status, name, expected) => {
    const outcome = failed(status, name);
    expect(outcome).toEqual({ reason: expect.stringContaining('Why.'), ...expected });
  });

  it.each([
    ['no body', { data: null, error: null, headers: null }],
    ['another body', { data: { ok: true }, error: null, headers: {} }],
    ['a text for an error', { data: null, error: 'oops', headers: {} }],
    ['an error of somebody else', { data: null, error: { message: 'Bad gateway' }, headers: {} }],
  ])('%s tells nothing', (_, answer) => {
    expect(resendOutcome(answer, 're_secret', now)).toMatchObject({ state: 'unknown' });
  });

  it('obeys Retry-After as seconds and as a date', () => {
    expect(failed(429, 'rate_limit_exceeded', { 'retry-after': '3' })).toMatchObject({ retryAfterMs: 3000 });
    const date = { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' };
    expect(failed(429, 'daily_quota_exceeded', date)).toMatchObject({ retryAfterMs: 60_000 });
    expect(failed(429, 'rate_limit_exceeded', { 'retry-after': 'soon' })).not.toHaveProperty('retryAfterMs');
  });

  it('waits no longer than an hour with a mail that may have been taken: keys are forgotten after a day', () => {
    const outcome = failed(503, 'service_unavailable', { 'retry-after': '86400' });
    expect(outcome).toMatchObject({ state: 'unknown', retryAfterMs: 3_600_000 });
  });

  it('keeps an id only as something that can stand in a row and a log', () => {
    const sent = (id: string) => resendOutcome({ data: { id }, error: null, headers: {} }, 're_secret', now);
    expect(sent('49a3999c-0ce1')).toMatchObject({ state: 'sent', providerId: '49a3999c-0ce1' });
    expect(sent('a\nb')).toMatchObject({ state: 'sent', providerId: null });
    expect(sent('x'.repeat(1000))).toMatchObject({ state: 'sent', providerId: null });
  });
});
