import { mailTransportContract } from '@tinyfat/contracts/mail-transport';
import {
  type PostmarkStandIn,
  type PostmarkStandInOptions,
  postmarkError,
  startPostmarkStandIn,
} from '@tinyfat/testing/stand-ins/postmark';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { closedPort, partsOf, shownParts } from '../test-support/mail-parts.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { type PostmarkOptions, postmark } from './postmark.ts';

const serverToken = 'b0a1f5c2-token';
const people = ['ann@example.com', 'bob@example.com'];
const envelope = { sender: 'bot@agents.test', recipients: people };

function received(standIn: PostmarkStandIn): Uint8Array[] {
  return standIn.sent.map(({ email, recipients }) =>
    shownParts({ from: email.From, to: recipients, subject: email.Subject, text: email.TextBody }),
  );
}

mailTransportContract('Postmark', async () => {
  const standIn = await startPostmarkStandIn({ serverToken });
  const transport = postmark({ serverToken, clock: Date.now, baseUrl: standIn.url });
  return {
    transport,
    received: async () => received(standIn),
    shown: partsOf,
    unreachable: async () =>
      postmark({ serverToken, clock: Date.now, baseUrl: `http://127.0.0.1:${await closedPort()}` }),
    dispose: async () => {
      await transport.close();
      await standIn.close();
    },
  };
});

describe('postmark', () => {
  const cleanUp: (() => Promise<unknown>)[] = [];
  let raw: Uint8Array;
  beforeEach(async () => {
    const to = [{ address: 'ann@example.com', name: 'Ann' }];
    const cc = [{ address: 'bob@example.com', name: 'Doe, Bob' }];
    const attachments = [{ filename: 'a.txt', contentType: null, content: Buffer.from('hi') }];
    const mail = await compose(outgoing({ to, cc, attachments }), false);
    raw = mail.ok ? mail.raw : new Uint8Array();
  });
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });
  async function open(more: Partial<PostmarkOptions> = {}, options: Partial<PostmarkStandInOptions> = {}) {
    const standIn = await startPostmarkStandIn({ serverToken, ...options });
    const transport = postmark({ serverToken, clock: Date.now, baseUrl: standIn.url, ...more });
    cleanUp.push(standIn.close, transport.close);
    return { standIn, transport };
  }

  it('asks for the mail with its own Message-ID, thread and marks, and gives the id that Postmark gave', async () => {
    const { standIn, transport } = await open();
    const outcome = await transport.send(envelope, raw, 'delivery-1');
    const [mail] = standIn.sent;
    expect(outcome).toEqual({ state: 'sent', providerId: mail?.id, recipientsRefused: [] });
    expect(mail?.email).toMatchObject({
      From: 'Bot <bot@agents.test>',
      To: 'Ann <ann@example.com>',
      Cc: '"Doe, Bob" <bob@example.com>',
      Subject: 'Re: Hello',
      Headers: [
        { Name: 'Auto-Submitted', Value: 'auto-replied' },
        { Name: 'X-Auto-Response-Suppress', Value: 'All' },
        { Name: 'X-Loop', Value: 'bot@agents.test' },
        { Name: 'In-Reply-To', Value: '<question@example.com>' },
        { Name: 'References', Value: '<first@example.com> <question@example.com>' },
        { Name: 'Message-ID', Value: '<answer-1@agents.test>' },
        { Name: 'X-PM-KeepID', Value: 'true' },
      ],
      Attachments: [{ Name: 'a.txt', Content: 'aGk=', ContentType: 'text/plain' }],
    });
  });

  it.each(['silence', 'reset'] as const)(
    'does not know in time, and does not ask again, after %s',
    { timeout: 5000 },
    async (kind) => {
      const { standIn, transport } = await open({ timeoutMs: 200 });
      standIn.fail({ kind, taken: true });
      expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
      expect(standIn.requests).toHaveLength(1);
    },
  );

  it('does not take a mail for doubtful that never left', async () => {
    const { standIn } = await open();
    // Its answer to the beginning of TLS is none.
    const transport = postmark({
      serverToken,
      clock: Date.now,
      baseUrl: standIn.url.replace('http', 'https'),
    });
    cleanUp.push(transport.close);
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'temporary' });
  });

  it('uses a connection for one mail only', async () => {
    const { standIn, transport } = await open();
    for (const key of ['1', '2']) await transport.send(envelope, raw, key);
    expect(standIn.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
  });

  it('obeys Retry-After', async () => {
    const { standIn, transport } = await open();
    standIn.fail(postmarkError(429, 0, 'Slow down', { 'retry-after': '12' }));
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({
      state: 'temporary',
      retryAfterMs: 12_000,
    });
  });

  it('names the recipients that Postmark holds inactive, while the others get the mail', async () => {
    const { standIn, transport } = await open();
    standIn.inactive.add('bob@example.com');
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({
      state: 'sent',
      recipientsRefused: [{ address: 'bob@example.com' }],
    });
    expect(standIn.sent[0]?.recipients).toEqual(['ann@example.com']);
  });

  it('names them when all are inactive', async () => {
    const { standIn, transport } = await open();
    for (const address of people) standIn.inactive.add(address);
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({
      state: 'permanent',
      recipientsRefused: [{ address: 'ann@example.com' }, { address: 'bob@example.com' }],
    });
  });

  it('tells an author whose domain is not confirmed from a token that is wrong', async () => {
    const unconfirmed = await open({}, { domains: ['elsewhere.test'] });
    expect(await unconfirmed.transport.send(envelope, raw, 'key')).toMatchObject({
      state: 'permanent',
      code: 'provider_sender_refused',
    });
    const wrong = await open({ serverToken: 'another-token' });
    const outcome = await wrong.transport.send(envelope, raw, 'key');
    expect(outcome).toMatchObject({ state: 'permanent', code: 'provider_unauthorized' });
    expect(JSON.stringify(outcome)).not.toContain('another-token');
  });

  it('takes a base URL with a path', async () => {
    const { standIn } = await open();
    const transport = postmark({ serverToken, clock: Date.now, baseUrl: `${standIn.url}/proxy` });
    cleanUp.push(transport.close);
    await transport.send(envelope, raw, 'key');
    expect(standIn.requests[0]?.path).toBe('/proxy/email');
  });

  it('does not follow an answer that points elsewhere with the token', async () => {
    const elsewhere = await startPostmarkStandIn({ serverToken });
    cleanUp.push(elsewhere.close);
    const { standIn, transport } = await open();
    const headers = { location: `${elsewhere.url}/email` };
    standIn.fail({ kind: 'answer', answer: { status: 307, body: {}, headers } });
    expect(await transport.send(envelope, raw, 'key')).toMatchObject({ state: 'unknown' });
    expect(elsewhere.requests).toEqual([]);
  });
});
