import { createServer } from 'node:net';
import { mailTransportContract } from '@tinyfat/contracts/mail-transport';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import getTlsOptions from 'smtp-server/lib/tls-options.js';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpRelay } from './smtp-relay.ts';

const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com', 'bob@example.com'] };
const raw = new TextEncoder().encode('Subject: x\r\n\r\nhello\r\n');

mailTransportContract('SMTP relay', async () => {
  const sink = await startSmtpSink();
  const transport = smtpRelay({ url: `smtp://127.0.0.1:${sink.port}`, hostname: 'agents.test' });
  return {
    transport,
    received: async () => sink.mails.map((mail) => mail.raw),
    unreachable: async () => smtpRelay({ url: `smtp://127.0.0.1:${await closedPort()}`, hostname: 'x.test' }),
    dispose: async () => {
      await transport.close();
      await sink.close();
    },
  };
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('smtpRelay', () => {
  const cleanUp: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });
  async function sinkAndRelay(options: Parameters<typeof startSmtpSink>[0], login = '', query = '') {
    const sink = await startSmtpSink(options);
    const relay = smtpRelay({
      url: `smtp://${login}127.0.0.1:${sink.port}${query}`,
      hostname: 'agents.test',
    });
    cleanUp.push(sink.close, relay.close);
    return { sink, relay };
  }

  it('gives the envelope as it is, whatever the headers say, and the name that the server gave', async () => {
    const { sink, relay } = await sinkAndRelay({});
    const outcome = await relay.send(envelope, raw, 'key');
    expect(outcome).toEqual({ state: 'sent', providerId: 'SINK1', recipientsRefused: [] });
    expect(sink.mails[0]).toMatchObject({ sender: 'bot@agents.test', recipients: envelope.recipients });
  });

  it('sends the null reverse-path as <>', async () => {
    const { sink, relay } = await sinkAndRelay({});
    await relay.send({ ...envelope, sender: '' }, raw, 'key');
    expect(sink.mails[0]?.sender).toBe('');
  });

  it('uses one connection again', async () => {
    const { sink, relay } = await sinkAndRelay({});
    for (const key of ['1', '2', '3']) await relay.send(envelope, raw, key);
    expect(new Set(sink.mails.map((mail) => mail.connection)).size).toBe(1);
  });

  it('lists the recipients that were refused while others were accepted', async () => {
    const { sink, relay } = await sinkAndRelay({
      refuse: { 'bob@example.com': { code: 550, text: '5.1.1 No such user' } },
    });
    expect(await relay.send(envelope, raw, 'key')).toEqual({
      state: 'sent',
      providerId: 'SINK1',
      recipientsRefused: [{ address: 'bob@example.com', reason: '550 5.1.1 No such user' }],
    });
    expect(sink.mails[0]?.recipients).toEqual(['ann@example.com']);
  });

  it('logs in with user and password of the URL', async () => {
    const { sink, relay } = await sinkAndRelay({ login: { user: 'me', password: 'p@ss' } }, 'me:p%40ss@');
    expect(await relay.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(sink.mails).toHaveLength(1);
  });

  it('tries again later after a refused login, which is ours to mend and not the mail’s fault', async () => {
    const { relay } = await sinkAndRelay({ login: { user: 'me', password: 'right' } }, 'me:wrong@');
    const outcome = await relay.send(envelope, raw, 'key');
    expect(outcome).toMatchObject({ state: 'temporary', code: 'relay_login_refused' });
    expect(JSON.stringify(outcome)).not.toContain('wrong');
  });

  it('uses STARTTLS where it is offered', async () => {
    const { key, cert } = getTlsOptions({});
    const tls = { key: String(key), cert: String(cert) };
    const { sink, relay } = await sinkAndRelay({ tls }, '', '?tls.rejectUnauthorized=false');
    expect(await relay.send(envelope, raw, 'key')).toMatchObject({ state: 'sent' });
    expect(sink.mails[0]?.secure).toBe(true);
  });

  it('does not give a mail to a server whose certificate is not valid', async () => {
    const { key, cert } = getTlsOptions({});
    const { sink, relay } = await sinkAndRelay({ tls: { key: String(key), cert: String(cert) } });
    const outcome = await relay.send(envelope, raw, 'key');
    expect(outcome).toMatchObject({ state: 'temporary', code: expect.stringMatching(/^relay_certificate_/) });
    expect(sink.mails).toEqual([]);
  });

  it('trusts an authority that is named, beside those that it knows, and the settings of the URL', async () => {
    const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };
    const tls = makeCertificate({ names: ['127.0.0.1'], issuer: authority });
    const sink = await startSmtpSink({ tls });
    cleanUp.push(sink.close);
    const outcomes = [];
    for (const [ca, query] of [
      [authority.cert, ''],
      [null, ''],
      [authority.cert, '/?tls.servername=other.test'],
    ] as const) {
      const relay = smtpRelay({ url: `smtp://127.0.0.1:${sink.port}${query}`, hostname: 'agents.test', ca });
      outcomes.push(await relay.send(envelope, raw, 'key'));
      await relay.close();
    }
    expect(outcomes).toMatchObject([
      { state: 'sent' },
      { state: 'temporary', code: 'relay_certificate_untrusted' },
      { state: 'temporary', code: 'relay_certificate_name' },
    ]);
  });

  it('says temporary, not unknown, once it is closed', async () => {
    const { relay } = await sinkAndRelay({});
    await relay.close();
    expect(await relay.send(envelope, raw, 'key')).toMatchObject({ state: 'temporary' });
  });
});
