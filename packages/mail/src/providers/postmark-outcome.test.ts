import { hardRefusals, type SendOutcome } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { type PostmarkExchange, postmarkOutcome } from './postmark-outcome.ts';

const people = ['ann@example.com', 'bob@example.com'];
const outcomeOf = (exchange: Partial<PostmarkExchange>) => {
  const nothing = { answer: null, error: null, failure: null, retryAfterMs: undefined };
  return postmarkOutcome({ ...nothing, ...exchange }, people, 'token');
};
const failed = (statusCode: number, code: number, message = 'Why.') =>
  outcomeOf({ error: { statusCode, code, message } });
const broken = (cause: object) =>
  outcomeOf({
    error: { statusCode: 0, code: 0, message: 'fetch failed' },
    failure: new TypeError('fetch failed', { cause }),
  });

describe('what an answer of Postmark means for the mail', () => {
  it.each<[number, number, Partial<SendOutcome>]>([
    [401, 10, { state: 'permanent', code: 'provider_unauthorized' }],
    [422, 1480, { state: 'permanent', code: 'provider_unauthorized' }],
    [422, 300, { state: 'permanent' }],
    [422, 400, { state: 'permanent', code: 'provider_sender_refused' }],
    [422, 401, { state: 'permanent', code: 'provider_sender_refused' }],
    [422, 402, { state: 'permanent' }],
    [422, 405, { state: 'temporary', parked: true }],
    [422, 411, { state: 'permanent' }],
    [422, 412, { state: 'temporary', parked: true }],
    [422, 413, { state: 'temporary', parked: true }],
    [413, 0, { state: 'permanent' }],
    [403, 0, { state: 'permanent' }],
    [429, 0, { state: 'temporary' }],
    [503, 100, { state: 'temporary' }],
    [500, 101, { state: 'unknown' }],
    [502, 0, { state: 'unknown' }],
    [504, 0, { state: 'unknown' }],
  ])('%i with ErrorCode %i', (status, code, expected) => {
    expect(failed(status, code)).toEqual({ reason: expect.stringContaining('Why.'), ...expected });
  });

  it.each([
    ['ECONNREFUSED', 'temporary'],
    ['ENOTFOUND', 'temporary'],
    ['UND_ERR_CONNECT_TIMEOUT', 'temporary'],
    ['CERT_HAS_EXPIRED', 'temporary'],
    ['ECONNRESET', 'unknown'],
    ['UND_ERR_SOCKET', 'unknown'],
    ['', 'unknown'],
  ])('a connection that broke with %s', (code, state) => {
    expect(broken({ code })).toMatchObject({ state });
  });

  it('was sent nowhere only if no address of the host could be reached', () => {
    const errors = (...codes: string[]) => ({ errors: codes.map((code) => ({ code })) });
    expect(broken(errors('ECONNREFUSED', 'ENETUNREACH'))).toMatchObject({ state: 'temporary' });
    expect(broken(errors('ECONNREFUSED', 'ECONNRESET'))).toMatchObject({ state: 'unknown' });
  });

  it.each([
    ['an empty body', {}],
    ['a page of something else', '<html></html>'],
    ['an error in an answer that is none', { ErrorCode: 300, MessageID: 'a' }],
  ])('%s after 200 tells nothing', (_, answer) => {
    expect(outcomeOf({ answer })).toMatchObject({ state: 'unknown' });
  });

  it('suppresses whom Postmark holds inactive, however it words that', () => {
    const outcomes = [
      failed(
        422,
        406,
        'Found inactive addresses: Bob@example.com, ann@example.com. Inactive recipients are …',
      ),
      failed(422, 406, 'Message OK, but will not deliver to these inactive addresses: bob@example.com'),
      outcomeOf({
        answer: {
          MessageID: 'a',
          ErrorCode: 0,
          Message: 'will not deliver to these inactive addresses: bob@example.com.',
        },
      }),
    ];
    expect(outcomes.map(({ state }) => state)).toEqual(['permanent', 'sent', 'sent']);
    const suppressed = outcomes.map((outcome) =>
      hardRefusals('recipientsRefused' in outcome ? (outcome.recipientsRefused ?? []) : [], people).map(
        ({ address }) => address,
      ),
    );
    expect(suppressed).toEqual([people, ['bob@example.com'], ['bob@example.com']]);
  });

  it('does not know about the others when only some are named', () => {
    expect(failed(422, 406, 'Found inactive addresses: bob@example.com. Inactive …')).toMatchObject({
      state: 'unknown',
    });
  });

  it('suppresses nobody whom the message does not name as a whole address', () => {
    const outcome = failed(
      422,
      406,
      'Found inactive addresses: xbob@example.com, ann@example.company. Inactive',
    );
    expect(outcome).toMatchObject({ state: 'permanent', recipientsRefused: [] });
  });
});
