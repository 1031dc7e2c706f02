/** Only what the holder of a secret signed, just now, byte for byte. */
import { createHmac } from 'node:crypto';
import { NEXT_WEBHOOK_SECRET, svixHeaders, WEBHOOK_SECRET } from '@tinyfat/testing/stand-ins/webhooks';
import { Resend } from 'resend';
import { describe, expect, it } from 'vitest';
import { parseWebhookSecret, verifySvix } from './verify-webhook.ts';

const now = 1_700_000_000_000;
const at = now / 1000;
const body = '{"type":"email.received","data":{"subject":"größer"}}';
const secretOf = (text: string) => {
  const secret = parseWebhookSecret(text);
  if (secret === null) throw new Error('no secret');
  return secret;
};
const first = secretOf(WEBHOOK_SECRET);
const next = secretOf(NEXT_WEBHOOK_SECRET);
const signed = (options: Parameters<typeof svixHeaders>[1] = {}) =>
  svixHeaders(body, { id: 'msg_1', at, ...options });
const verify = (headers: Record<string, string>, text = body, secrets = [first]) =>
  verifySvix({ headers: new Headers(headers), body: new TextEncoder().encode(text), now }, secrets);

describe('the signature of a webhook', () => {
  it('is right as the library of Resend has it', async () => {
    const headers = svixHeaders(body, { id: 'msg_1' });
    const theirs = new Resend('re_x').webhooks.verify({
      payload: body,
      headers: {
        id: 'msg_1',
        timestamp: headers['svix-timestamp'] ?? '',
        signature: headers['svix-signature'] ?? '',
      },
      webhookSecret: WEBHOOK_SECRET,
    });
    expect(theirs).toMatchObject({ type: 'email.received' });
    const ours = verifySvix(
      { headers: new Headers(headers), body: new TextEncoder().encode(body), now: Date.now() },
      [first],
    );
    expect(await ours).toEqual({ ok: true, id: 'msg_1' });
  });

  it('may be one of several, by any of several secrets', async () => {
    expect(await verify(signed({ secrets: [NEXT_WEBHOOK_SECRET, WEBHOOK_SECRET] }))).toMatchObject({
      ok: true,
    });
    expect(await verify(signed({ secrets: [NEXT_WEBHOOK_SECRET] }), body, [first, next])).toMatchObject({
      ok: true,
    });
    expect(await verify(signed(), body, [next])).toMatchObject({ ok: false });
    expect(await verify(signed(), body, [])).toMatchObject({ ok: false, code: 'webhook_signature_wrong' });
  });

  const right = signed()['svix-signature'] ?? '';
  it.each([
    ['one byte more', {}, `${body} `],
    ['the same text in other bytes', {}, body.replace('ö', 'o\u0308')],
    ['another id', { 'svix-id': 'msg_2' }, body],
    ['another time', { 'svix-timestamp': String(at + 1) }, body],
    ['a time that only a parser would read', { 'svix-timestamp': `${at}.0` }, body],
    ['an id with a dot moved', { 'svix-id': 'msg', 'svix-timestamp': `1.${at}` }, body],
    ['a signature of no version', { 'svix-signature': right.slice(3) }, body],
    ['a signature of version 10', { 'svix-signature': right.replace('v1,', 'v10,') }, body],
    ['half a signature', { 'svix-signature': right.slice(0, 20) }, body],
    ['no base64', { 'svix-signature': 'v1,####' }, body],
    ['too many signatures before it', { 'svix-signature': `${'v1,AAAA '.repeat(20)}${right}` }, body],
    ['no header at all', { 'svix-signature': '', 'svix-id': '', 'svix-timestamp': '' }, body],
  ])('is wrong with %s', async (_what, change, text) => {
    expect(await verify({ ...signed(), ...change }, text)).toMatchObject({
      ok: false,
      code: 'webhook_signature_wrong',
    });
  });

  it('is one of the bytes that came, not of what a parser makes of them', async () => {
    const spaced = '{ "type" : "email.\\u0072eceived" , "a": 1, "a": 2 }\n';
    const headers = new Headers(svixHeaders(spaced, { id: 'msg_1', at }));
    const check = (bytes: Uint8Array) => verifySvix({ headers, body: bytes, now }, [first]);
    expect(await check(new TextEncoder().encode(spaced))).toMatchObject({ ok: true });
    expect(await check(new TextEncoder().encode(JSON.stringify(JSON.parse(spaced))))).toMatchObject({
      ok: false,
    });
    // As text both are one and the same replacement character.
    const one = new Uint8Array([0x22, 0xff, 0x22]);
    const other = new Uint8Array([0x22, 0xfe, 0x22]);
    const key = createHmac('sha256', Buffer.from(WEBHOOK_SECRET.slice(6), 'base64'));
    const signature = key.update(`msg_1.${at}.`).update(one).digest('base64');
    headers.set('svix-signature', `v1,${signature}`);
    expect(await check(one)).toMatchObject({ ok: true });
    expect(await check(other)).toMatchObject({ ok: false, code: 'webhook_signature_wrong' });
  });

  it.each([
    [-301, false],
    [-300, true],
    [300, true],
    [301, false],
  ])('made %d seconds from now is taken: %s', async (seconds, ok) => {
    const verdict = await verify(signed({ at: at + seconds }));
    expect(verdict.ok).toBe(ok);
    if (!verdict.ok) expect(verdict.code).toBe('webhook_stale');
  });

  it('says nothing of its age while it is wrong', async () => {
    const headers = signed({ at: at - 9000, secrets: [NEXT_WEBHOOK_SECRET] });
    expect(await verify(headers)).toMatchObject({ code: 'webhook_signature_wrong' });
  });

  it.each(['', 'whsec_', 'whsec_####', 'whsec_AAAA', 'sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'whsec_A'])(
    'has no secret %j',
    (text) => expect(parseWebhookSecret(text)).toBeNull(),
  );
});
