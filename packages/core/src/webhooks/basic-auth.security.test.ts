/** User and password, whole and exact. */
import { describe, expect, it } from 'vitest';
import { verifyBasicAuth } from './verify-webhook.ts';

const credentials = ['postmark:s3cret:with:colons', 'next:pässword'];
const header = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const check = (authorization?: string, known = credentials) =>
  verifyBasicAuth(new Headers(authorization === undefined ? {} : { authorization }), known);

describe('basic authentication', () => {
  it.each(credentials)('takes %s', async (text) => expect(await check(header(text))).toBe(true));
  it('takes the scheme in any case', async () =>
    expect(await check(header('next:pässword').replace('Basic', 'basic'))).toBe(true));

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['nothing in base64', 'Basic '],
    ['another scheme', header('postmark:s3cret:with:colons').replace('Basic', 'Bearer')],
    ['the text itself', 'Basic postmark:s3cret:with:colons'],
    ['a part', header('postmark:s3cret')],
    ['more', header('postmark:s3cret:with:colonsx')],
    ['two of them', header('postmark:s3cret:with:colons,next:pässword')],
    ['the empty text', header('')],
    ['broken base64', 'Basic A'],
  ])('refuses %s', async (_what, text) => expect(await check(text)).toBe(false));

  it('refuses everything where nothing is set, the empty text too', async () => {
    expect(await check(header('a:b'), [])).toBe(false);
    expect(await check(header(''), [])).toBe(false);
    expect(await check(undefined, [''])).toBe(false);
  });
});
