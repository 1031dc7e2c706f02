import { mailTransportContract } from '@tinyfat/contracts/mail-transport';
import {
  type ResendStandIn,
  type ResendStandInOptions,
  resendError,
  startResendStandIn,
} from '@tinyfat/testing/stand-ins/resend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { closedPort, partsOf, shownParts } from '../test-support/mail-parts.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { type ResendOptions, resend } from './resend.ts';

const apiKey = 're_test_4f9a1c77';
const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com'] };

function received(standIn: ResendStandIn): Uint8Array[] {
  return standIn.sent.map(({ email }) =>
    shownParts({
      from: email.from,
      to: [...email.to, ...(email.cc ?? [])],
      subject: email.subject,
      text: email.text,
    }),
  );
}

mailTransportContract('Resend', async () => {
  const standIn = await startResendStandIn({ apiKey });
  const transport = resend({ apiKey, clock: Date.now, baseUrl: standIn.url });
  return {
    transport,
    received: async () => received(standIn),
    shown: partsOf,
    unreachable: async () =>
      resend({ apiKey, clock: Date.now, baseUrl: `http://127.0.0.1:${await closedPort()}` }),
    dispose: async () => {
      await transport.close();
      await standIn.close();
    },
  };
});

describe('resend', () => {
  const cleanUp: (() => Promise<void>)[] = [];
  let raw: Uint8Array;
  beforeEach(async () => {
    const mail = await compose(outgoing(), false);
    raw = mail.ok ? mail.raw : new Uint8Array();
  });
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });
  async function open(more: Partial<ResendOptions> = {}, options: Partial<ResendStandInOptions> = {}) {
    const standIn = await startResendStandIn({ apiKey, ...options });
    const transport = resend({ apiKey, clock: Date.now, baseUrl: standIn.url, ...more });
    cleanUp.push(standIn.close, transport.close);
    return { standIn, transport };
  }

  it('asks for the mail with key, thread and marks, and gives the id that Resend gave', async () => {
    const { standIn, transport } = await open();
    const outcome = await transport.send(envelope, raw, 'delivery-1');
    const [mail] = standIn.sent;
    expect(outcome).toEqual({ state: 'sent', providerId: mail?.id, recipientsRefused: [] });
    expect(mail).toMatchObject({
      idempotencyKey: 'delivery-1',
      email: {
        from: 'Bot <bot@agents.test>',
        to: ['Ann <ann@example.com>'],
        subject: 'Re: Hello',
        headers: {
          'Message-ID': '<answer-1@agents.test>',
          'In-Reply-To': '<question@example.com>',
          References: '<first@example.com> <question@example.com>',
          'Auto-Submitted': 'auto-replied',
          'X-Auto-Response-Suppress': 'All',
          'X-Loop': 'bot@agents.test',
        },
      },
    });
    expect(standIn.requests[0]?.headers['user-agent']).toBe('tinyfat');
  });

  it('words the request as it always did: another wording would be another mail to Resend on a second try', async () => {
    const { standIn, transport } = await open();
    const plain =
      'From: "Bot, the" <bot@agents.test>\r\nTo: ann@example.com\r\nReply-To: bot+t@agents.test\r\nSubject: Hi\r\n' +
      'Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMIME-Version: 1.0\r\nMessage-ID: <1@agents.test>\r\n' +
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello.\r\n' +
      '--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1;2\r\n--b--\r\n';
    await transport.send(envelope, Buffer.from(plain), 'key');
    expect(standIn.requests[0]?.body).toBe(
      '{"attachments":[{"content":"MTsyCg==","filename":"a.csv","content_type":"text/csv"}],' +
        '"from":"\\"Bot, the\\" <bot@agents.test>","headers":{"Message-ID":"<1@agents.test>"},' +
        '"reply_to":["bot+t@agents.test"],"subject":"Hi","text":"Hello.\\n","to":["ann@example.com"]}',
    );
  });

  it('asks with the same bytes again, so that Resend knows the mail', async () => {
    const { standIn, transport } = await open();
    standIn.fail({ kind: 'reset', taken: true });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    const again = resend({ apiKey, clock: Date.now, baseUrl: standIn.url });
    cleanUp.push(again.close);
    expect(await again.send(envelope, new Uint8Array(raw), 'key')).toMatchObject({
      state: 'sent',
      providerId: standIn.sent[0]?.id,
    });
    expect(standIn.requests[0]?.body).toBe(standIn.requests[1]?.body);
    expect(standIn.sent).toHaveLength(1);
  });

  it('leaves it to the owner when Resend knows the key with another wording of the mail', async () => {
    const { standIn, transport } = await open();
    await transport.send(envelope, raw, 'key');
    const other = await compose(outgoing({ subject: 'Re: Other' }), false);
    if (!other.ok) throw new Error(other.reason);
    expect(await transport.send(envelope, other.raw, 'key')).toMatchObject({ state: 'unknown', final: true });
    expect(standIn.sent).toHaveLength(1);
  });

  it('ends a try that gets no answer in time', async () => {
    const { standIn, transport } = await open({ timeoutMs: 100 });
    standIn.fail({ kind: 'silence', taken: true });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(standIn.sent).toHaveLength(1);
  });

  it('does not try again by itself', async () => {
    const { standIn, transport } = await open();
    standIn.fail(resendError(500, 'application_error'));
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    expect(standIn.requests).toHaveLength(1);
  });

  it('leaves a mail for later while its key is in progress', async () => {
    const { standIn, transport } = await open();
    standIn.fail({ kind: 'gate', name: 'first' });
    const first = transport.send(envelope, raw, 'key');
    await standIn.arrived('first');
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('concurrent_idempotent_requests'),
    });
    standIn.release('first');
    expect(await first).toMatchObject({ state: 'sent' });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(standIn.sent).toHaveLength(1);
  });

  it('does not follow an answer that points elsewhere', async () => {
    const elsewhere = await startResendStandIn({ apiKey });
    cleanUp.push(elsewhere.close);
    const { standIn, transport } = await open();
    const headers = { location: `${elsewhere.url}/emails` };
    standIn.fail({ kind: 'answer', answer: { status: 307, body: {}, headers } });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    expect(elsewhere.requests).toEqual([]);
  });

  it('keeps to the rate limit instead of running into it', async () => {
    const { standIn, transport } = await open({}, { ratePerSecond: 3 });
    const outcomes = [];
    for (let number = 0; number < 8; number++) {
      outcomes.push(await transport.send(envelope, raw, `key-${number}`));
    }
    expect(outcomes.map(({ state }) => state)).toEqual(Array(8).fill('sent'));
    expect(standIn.requests).toHaveLength(8);
  });

  it('puts a mail off without asking while Resend wants to be left alone for long', async () => {
    const { standIn, transport } = await open({ maxWaitMs: 10 });
    standIn.fail(resendError(429, 'rate_limit_exceeded', { 'retry-after': '30' }));
    expect(await transport.send(envelope, raw, 'key-1')).toMatchObject({
      state: 'temporary',
      retryAfterMs: 30_000,
    });
    const outcome = await transport.send(envelope, raw, 'key-2');
    expect(outcome).toMatchObject({ state: 'temporary' });
    expect('retryAfterMs' in outcome && outcome.retryAfterMs).toBeGreaterThan(20_000);
    expect(standIn.requests).toHaveLength(1);
  });

  it('parks a mail over the quota, and tries the next one all the same', async () => {
    const { standIn, transport } = await open({ maxWaitMs: 10 });
    standIn.fail(resendError(429, 'daily_quota_exceeded', { 'retry-after': '7200' }));
    expect(await transport.send(envelope, raw, 'key-1')).toMatchObject({
      state: 'temporary',
      parked: true,
      retryAfterMs: 7_200_000,
    });
    expect(await transport.send(envelope, raw, 'key-2')).toMatchObject({ state: 'sent' });
  });

  it('is closed only when what is being sent has its answer', async () => {
    const { standIn, transport } = await open();
    standIn.fail({ kind: 'gate', name: 'slow' });
    const order: string[] = [];
    const sending = transport.send(envelope, raw, 'key').then(({ state }) => order.push(state));
    await standIn.arrived('slow');
    const closing = transport.close().then(() => order.push('closed'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    standIn.release('slow');
    await Promise.all([sending, closing]);
    expect(order.sort()).toEqual(['closed', 'sent']);
  });

  it('sends nothing once it is closed', async () => {
    const { standIn, transport } = await open();
    await transport.close();
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'temporary' });
    expect(standIn.requests).toEqual([]);
  });
});
