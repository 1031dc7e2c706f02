/** What is not Resend's, or not the sender's, gets nowhere: nothing stored, or a row that says why. */

import {
  NEXT_WEBHOOK_SECRET,
  postBody,
  postResend,
  svixHeaders,
  WEBHOOK_SECRET,
} from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, until } from './support/eventually.ts';
import { SCOUT, signedMail, startWebhookWorld, unsignedMail, type WebhookWorld } from './support/webhooks.ts';

const stranger = `whsec_${Buffer.from('the secret of somebody else').toString('base64')}`;
const now = () => Math.floor(Date.now() / 1000);

let world: WebhookWorld;
beforeAll(async () => {
  world = await startWebhookWorld({
    environment: {
      RESEND_WEBHOOK_SECRET: `${NEXT_WEBHOOK_SECRET}, ${WEBHOOK_SECRET}`,
      TRUSTED_AUTHSERV_IDS: 'amazonses.com',
    },
  });
});
afterAll(() => world?.dispose());

describe('a webhook that is not believed', () => {
  const event = {
    type: 'email.received',
    data: { email_id: '00000000-0000-4000-8000-000000000000', to: [SCOUT] },
  };
  const stored = async () => (await world.server.json(['webhooks'])).length;

  it.each([
    ['is signed with another secret', 0, [stranger], 'webhook_signature_wrong'],
    ['is older than five minutes', -330, [WEBHOOK_SECRET], 'webhook_stale'],
    ['is from the future', 330, [WEBHOOK_SECRET], 'webhook_stale'],
  ])('%s', async (_what, ahead, secrets, code) => {
    const before = await stored();
    const reply = await world.post({ ...event, secrets, at: now() + ahead });
    expect(reply).toMatchObject({ status: 401, code });
    expect(await stored()).toBe(before);
    await eventually(() => world.server.output()).toContain(code);
  });

  it.each([
    ['other content under a signature', { 'content-length': '' }],
    ['no signature', { 'svix-signature': '' }],
    ['no id', { 'svix-id': '' }],
    ['another id', { 'svix-id': 'msg_other' }],
    ['another time', { 'svix-timestamp': String(now() - 7) }],
    ['a signature of another version', { 'svix-signature': 'v2,AAAA' }],
  ])('has %s', async (_what, change) => {
    const body = JSON.stringify(event);
    const { 'content-length': changed, ...headers } = change as Record<string, string>;
    const sent = changed === undefined ? body : body.replace('scout@', 'lupo@');
    const reply = await postBody(`${world.url}/webhooks/resend`, sent, {
      ...svixHeaders(body, {}),
      ...headers,
    });
    expect(reply).toMatchObject({ status: 401, code: 'webhook_signature_wrong' });
    expect(await stored()).toBe(0);
  });

  it.each([
    ['is no JSON', 'not json', 400, 'webhook_malformed'],
    ['names no mail', JSON.stringify({ type: 'email.received', data: {} }), 400, 'webhook_malformed'],
    [
      'names a path in place of a mail',
      JSON.stringify({ type: 'email.received', data: { email_id: '../domains' } }),
      400,
      'webhook_malformed',
    ],
    ['is too large', `"${'x'.repeat(1024 * 1024)}"`, 413, 'webhook_too_large'],
  ])('%s', async (_what, body, status, code) => {
    const reply = await postBody(`${world.url}/webhooks/resend`, body, svixHeaders(body, {}));
    expect(reply).toMatchObject({ status, code });
    expect(await stored()).toBe(0);
  });

  it('is of a provider that is not set up', async () => {
    const reply = await postBody(`${world.url}/webhooks/postmark`, '{}', { authorization: 'Basic dTpw' });
    expect(reply).toMatchObject({ status: 404, code: 'webhook_not_configured' });
  });

  it('is none of these when it is signed with the old secret, the new one, or both', async () => {
    for (const secrets of [[WEBHOOK_SECRET], [NEXT_WEBHOOK_SECRET], [stranger, WEBHOOK_SECRET]]) {
      await world.arrive(await signedMail('/help'), {}, { secrets });
    }
    expect(await world.mails(3)).toHaveLength(3);
  });

  it('tells of something that is none of ours, and is answered without a trace', async () => {
    const before = await stored();
    expect(await world.post({ type: 'email.opened', data: { email_id: 'x' } })).toMatchObject({
      status: 200,
    });
    expect(await stored()).toBe(before);
  });
});

describe('a mail that came by a genuine webhook', () => {
  const results = (text: string, raw: Buffer, above = 'Return-Path: <owner@example.com>\r\n') =>
    Buffer.concat([Buffer.from(`${above}Authentication-Results: ${text}\r\n`), raw]);
  const verdictOf = async (raw: Buffer, subject: string) => {
    await world.arrive(raw);
    return await until(
      async () =>
        (await world.server.json(['mails'])).find((one: { subject: string }) => one.subject === subject),
      (found) => found !== undefined,
    );
  };

  it('is refused with a visible row where nothing proves its From', async () => {
    const mail = await verdictOf(unsignedMail('Wire the money.', { Subject: 'forged' }), 'forged');
    expect(mail).toMatchObject({ verdict: 'refused', state: 'refused', reason_code: 'unauthenticated' });
    expect(world.resend.sent.filter(({ email }) => email.subject.includes('forged'))).toEqual([]);
  });

  it('is refused where a server that nobody named vouches for it', async () => {
    const raw = results(
      'mx.evil.example; dmarc=pass header.from=example.com',
      unsignedMail('x', { Subject: 'other server' }),
    );
    expect(await verdictOf(raw, 'other server')).toMatchObject({ verdict: 'refused' });
  });

  it('is refused where the named server says so of another domain, or says fail', async () => {
    const other = 'amazonses.com; dmarc=pass header.from=evil.example';
    const failed = 'amazonses.com; spf=fail smtp.mailfrom=example.com; dmarc=fail header.from=example.com';
    expect(await verdictOf(results(other, unsignedMail('x', { Subject: 'a' })), 'a')).toMatchObject({
      verdict: 'refused',
    });
    expect(await verdictOf(results(failed, unsignedMail('x', { Subject: 'b' })), 'b')).toMatchObject({
      verdict: 'refused',
      reason_code: 'dmarc_failed',
    });
  });

  it('is taken where the server that the operator named vouches for it', async () => {
    const raw = results(
      'amazonses.com; spf=pass smtp.mailfrom=example.com; dmarc=pass header.from=example.com',
      unsignedMail('/help', { Subject: '/help' }),
    );
    expect(await verdictOf(raw, '/help')).toMatchObject({ verdict: 'accepted' });
  });

  it('is quarantined as a copy where the envelope that would show who brings it is the sender’s own text', async () => {
    const vouched =
      'amazonses.com; spf=pass smtp.mailfrom=example.com; dkim=pass header.d=example.com; dmarc=pass header.from=example.com';
    const copy = async (Subject: string, above: string) => {
      const raw = await signedMail('/help', { To: 'somebody@example.net', Subject });
      // Changed on the way, so that only the server's word is left.
      return results(vouched, Buffer.from(raw.toString().replace('/help', '/Help')), above);
    };
    const below = 'Received: from evil.example\r\nReturn-Path: <owner@example.com>\r\n';
    for (const above of ['', below, 'Return-Path: <mallory@example.com>\r\n']) {
      const subject = `copy ${above.length}`;
      expect(await verdictOf(await copy(subject, above), subject)).toMatchObject({
        verdict: 'quarantined',
        reason_code: 'not_addressed',
      });
    }
    const own = await copy('own', 'Return-Path: <owner@example.com>\r\n');
    expect(await verdictOf(own, 'own')).toMatchObject({ verdict: 'accepted' });
  });
});

describe('the same mail', () => {
  const ofSubject = async (wanted: string) => {
    const mails: { subject: string; verdict: string }[] = await world.server.json(['mails']);
    return mails.filter(({ subject }) => subject === wanted);
  };

  it('told twice by one event, or by two, is one mail', async () => {
    const events = (await world.server.json(['webhooks'])).length;
    const raw = await signedMail('/help', { Subject: 'once' });
    const id = await world.arrive(raw, {}, { id: 'msg_once' });
    const data = world.resend.inbox.eventData(id);
    expect(await world.post({ type: 'email.received', data, id: 'msg_once' })).toMatchObject({ status: 200 });
    expect(await world.post({ type: 'email.received', data })).toMatchObject({ status: 200 });
    expect(await postResend(world.url, { type: 'email.received', data, id: 'msg_once' })).toMatchObject({
      status: 200,
    });
    await world.event('done', id);
    const sent = () => world.resend.sent.filter(({ email }) => email.subject === 'Re: once');
    await eventually(() => sent().length).toBe(1);
    expect(await world.server.json(['webhooks'])).toHaveLength(events + 1);
    expect(await ofSubject('once')).toHaveLength(1);
    expect(sent()).toHaveLength(1);
  });

  it('received twice by Resend is a duplicate for the intake, and one answer', async () => {
    const raw = await signedMail('/help', { 'Message-ID': '<twice@example.com>', Subject: 'twice' });
    await world.arrive(raw);
    const second = await world.arrive(raw);
    await world.event('done', second);
    const verdicts = (await ofSubject('twice')).map(({ verdict }) => verdict);
    expect(verdicts.sort()).toEqual(['accepted', 'duplicate']);
  });
});
