/** The relay, the provider of mail and that of the model, when they refuse, are silent or not there. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { type SmtpSinkOptions, startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runChecks } from '../run-checks.ts';
import { configOf, look, testFolder } from '../test-support/look.ts';
import { modelCheck } from './model.ts';
import { providerCheck } from './provider.ts';
import { relayCheck } from './relay.ts';

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** An HTTP server that gives this answer to everything, and what it was asked. */
async function api(status: number, body: unknown, headers: Record<string, string> = {}) {
  const asked: IncomingMessage[] = [];
  const answer: RequestListener = (request, response) => {
    asked.push(request);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  return { asked, url: `http://127.0.0.1:${await portOf(createServer(answer))}` };
}

/** The address of a port where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = createServer();
  const port = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('the key of the model', () => {
  const KEY = 'sk-ant-secret-hunter2';
  const model = async (url: string) => {
    const [found] = await look(modelCheck(configOf({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url })));
    expect(JSON.stringify(found)).not.toContain('hunter2');
    return found;
  };

  it('that is taken is ok; one list of models is asked for, with the key', async () => {
    const { url, asked } = await api(200, { data: [] });
    expect(await model(url)).toMatchObject({ check: 'model key', state: 'ok' });
    expect(asked.map(({ method, url: path }) => [method, path])).toEqual([['GET', '/v1/models?limit=1']]);
    expect(asked[0]?.headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' });
  });

  it('that is refused is broken, in the words of the provider and without the key', async () => {
    const error = { type: 'authentication_error', message: `invalid x-api-key ${KEY}` };
    const { url } = await api(401, { type: 'error', error });
    expect(await model(url)).toMatchObject({
      state: 'broken',
      found: expect.stringMatching(/refuses it \(401: invalid x-api-key \(key\)\)$/),
    });
  });

  it('is not judged by a server without that list, or one that is busy', async () => {
    expect(await model((await api(404, {})).url)).toMatchObject({ state: 'note' });
    expect(await model((await api(529, {})).url)).toMatchObject({ state: 'note' });
  });

  it('is sent nowhere else, and no endless answer is read', async () => {
    const other = await api(200, {});
    const { url } = await api(302, '', { location: `${other.url}/v1/models` });
    expect(await model(url)).toMatchObject({ state: 'broken', found: expect.stringContaining('redirects') });
    expect(other.asked).toEqual([]);
    expect(await model((await api(200, 'x'.repeat(3 << 20))).url)).toMatchObject({ state: 'ok' });
  });

  it('where nobody listens, and behind a certificate that is not trusted, is told so', async () => {
    const gone = await nobody();
    expect(await model(`http://${gone}`)).toMatchObject({
      state: 'broken',
      found: `nothing takes connections at ${gone}`,
    });
    const tls = makeCertificate({ names: ['127.0.0.1'] });
    const port = await portOf(createTlsServer(tls, (_, response) => void response.end('{}')));
    expect(await model(`https://127.0.0.1:${port}`)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('of no authority that is trusted'),
      mend: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  it('that goes to a base URL with a password shows neither of them', async () => {
    expect(await model('https://me:hunter2@llm.example')).toMatchObject({
      state: 'broken',
      found: 'llm.example could not be asked',
    });
  });

  it('of a server that never answers ends in time', async () => {
    const url = `http://127.0.0.1:${await portOf(createServer(() => {}))}`;
    const check = modelCheck(configOf({ ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url }));
    expect(await runChecks([check], { withinMs: 50 })).toMatchObject([
      { state: 'broken', found: expect.stringContaining('no answer within') },
    ]);
  });

  it('is not tried where there is none', async () => {
    expect(await look(modelCheck(configOf()))).toEqual([]);
  });
});

describe('Resend', () => {
  const KEY = 're_secret_hunter2';
  const resend = async (status: number, body: unknown, environment: Record<string, string> = {}) => {
    const { url, asked } = await api(status, body);
    const config = configOf({
      MAIL_DOMAIN: 'agents.example',
      RESEND_API_KEY: KEY,
      RESEND_BASE_URL: url,
      ...environment,
    });
    const [found] = await look(providerCheck(config));
    expect(JSON.stringify(found)).not.toContain(KEY);
    expect(asked.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['GET', `Bearer ${KEY}`],
    ]);
    return found;
  };
  const domains = (...data: { name: string; status: string }[]) => ({ object: 'list', data });

  it('takes the key, and has verified the domain', async () => {
    expect(await resend(200, domains({ name: 'agents.example', status: 'verified' }))).toMatchObject({
      check: 'mail provider',
      state: 'ok',
    });
  });

  it('does not know the domain, or has not verified it', async () => {
    expect(await resend(200, domains({ name: 'other.example', status: 'verified' }))).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('does not know the domain agents.example'),
    });
    expect(await resend(200, domains({ name: 'agents.example', status: 'pending' }))).toMatchObject({
      state: 'broken',
      found: 'agents.example is pending at Resend',
    });
  });

  it('refuses the key', async () => {
    const answer = { statusCode: 401, name: 'validation_error', message: `API key ${KEY} is invalid` };
    expect(await resend(401, answer)).toMatchObject({
      state: 'broken',
      found: 'Resend refuses it (401: API key (key) is invalid)',
      mend: expect.stringContaining('RESEND_API_KEY'),
    });
  });

  it('lets the key send only: enough without webhooks, too little with them', async () => {
    const answer = { statusCode: 401, name: 'restricted_api_key', message: 'only sends' };
    expect(await resend(401, answer)).toMatchObject({ state: 'ok' });
    const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    expect(await resend(401, answer, { RESEND_WEBHOOK_SECRET: secret })).toMatchObject({ state: 'broken' });
  });

  it('is busy', async () => {
    expect(await resend(429, { name: 'rate_limit_exceeded', message: 'slow down' })).toMatchObject({
      state: 'note',
    });
  });
});

describe('Postmark', () => {
  const KEY = 'token-hunter2';
  const postmark = async (status: number, body: unknown, environment: Record<string, string> = {}) => {
    const { url, asked } = await api(status, body);
    const config = configOf({ POSTMARK_SERVER_TOKEN: KEY, POSTMARK_BASE_URL: url, ...environment });
    const [found] = await look(providerCheck(config));
    expect(JSON.stringify(found)).not.toContain(KEY);
    expect(asked.map(({ method, url: path }) => [method, path])).toEqual([['GET', '/server']]);
    return found;
  };

  it('takes the token, whose server must hand on the raw mail where there is a webhook', async () => {
    const server = { ID: 1, Name: 'agents', ApiTokens: [KEY], RawEmailEnabled: false };
    expect(await postmark(200, server)).toMatchObject({ state: 'ok' });
    const webhook = { POSTMARK_WEBHOOK_AUTH: 'user:password' };
    expect(await postmark(200, server, webhook)).toMatchObject({
      state: 'broken',
      mend: expect.stringContaining('raw'),
    });
    expect(await postmark(200, { ...server, RawEmailEnabled: true }, webhook)).toMatchObject({ state: 'ok' });
  });

  it('refuses the token', async () => {
    expect(await postmark(401, { ErrorCode: 10, Message: 'No valid Server token.' })).toMatchObject({
      state: 'broken',
      found: 'Postmark refuses it (401: No valid Server token.)',
    });
  });
});

describe('the relay', () => {
  const relay = async (url: string) => {
    const [found] = await look(relayCheck(configOf({ SMTP_URL: url })));
    expect(JSON.stringify(found)).not.toContain('hunter2');
    return found;
  };
  async function sink(options: SmtpSinkOptions) {
    const server = await startSmtpSink(options);
    onTestFinished(() => server.close());
    return server;
  }
  const login = { user: 'me', password: 'right-hunter2' };

  it('that takes the login is ok, and gets no mail', async () => {
    const server = await sink({ login });
    expect(await relay(`smtp://me:right-hunter2@127.0.0.1:${server.port}`)).toMatchObject({
      check: 'relay',
      state: 'ok',
    });
    expect(server.mails).toEqual([]);
  });

  it('that does not take it is broken', async () => {
    const server = await sink({ login });
    expect(await relay(`smtp://me:wrong-hunter2@127.0.0.1:${server.port}`)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('did not accept the login'),
      mend: expect.stringContaining('SMTP_URL'),
    });
  });

  it('with a certificate of its own is broken, and SMTP_TLS_CA mends it', async () => {
    const own = makeCertificate({ names: ['127.0.0.1'] });
    const server = await sink({ tls: own, login });
    const url = `smtp://me:right-hunter2@127.0.0.1:${server.port}`;
    expect(await relay(url)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('of no authority'),
      mend: expect.stringContaining('SMTP_TLS_CA'),
    });
    const ca = join(testFolder(), 'ca.pem');
    writeFileSync(ca, own.cert);
    const mended = configOf({ SMTP_URL: url, SMTP_TLS_CA: ca });
    expect(await look(relayCheck(mended))).toMatchObject([
      { state: 'ok', found: expect.stringContaining('over TLS') },
    ]);
  });

  it('that is not there is broken', async () => {
    expect(await relay(`smtp://${await nobody()}`)).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('Nothing takes connections'),
    });
  });

  it('is not tried where there is none', async () => {
    expect(await look(relayCheck(configOf()))).toEqual([]);
  });
});
