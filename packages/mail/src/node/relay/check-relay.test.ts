/** What is told of a relay before any mail is sent: each of the usual mistakes has its code and its next step. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describeError } from '@tinyfat/core';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { type Script, startScriptedSmtp } from '@tinyfat/testing/stand-ins/scripted-smtp';
import { type SmtpSinkOptions, startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import { afterEach, describe, expect, it } from 'vitest';
import { type CheckRelayOptions, checkRelay } from './check-relay.ts';

const DAY_MS = 86_400_000;
const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };
const own = makeCertificate({ names: ['127.0.0.1', 'localhost'], issuer: authority });
const login = { user: 'me@example.com', password: 'p:a/s?s' };
const url = (port: number, { scheme = 'smtp', who = '', query = '' } = {}) =>
  `${scheme}://${who}127.0.0.1:${port}${query}`;
const whoIs = ({ user, password }: typeof login) =>
  `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;

describe('checkRelay', () => {
  const cleanUp: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0)) await step();
  });

  async function sink(options: SmtpSinkOptions) {
    const relay = await startSmtpSink(options);
    cleanUp.push(relay.close);
    return relay;
  }
  async function scripted(script: Script) {
    const relay = await startScriptedSmtp(script);
    cleanUp.push(relay.close);
    return relay;
  }
  const check = (given: string, more: Partial<CheckRelayOptions> = {}) =>
    checkRelay({ url: given, hostname: 'agents.test', ...more });

  it('says of one that works how it was spoken to, and begins no mail', async () => {
    const relay = await sink({ tls: own, login });
    const given = url(relay.port, { who: whoIs(login) });
    expect(await check(given, { ca: authority.cert })).toEqual({
      ok: true,
      encrypted: true,
      detail: `127.0.0.1:${relay.port} took the login over TLS.`,
    });
    expect(relay.mails).toEqual([]);
  });

  it('works with TLS from the first byte on, and without any TLS or login', async () => {
    const secure = await sink({ tls: own, implicitTls: true });
    expect(await check(url(secure.port, { scheme: 'smtps' }), { ca: authority.cert })).toMatchObject({
      ok: true,
      encrypted: true,
    });
    const plain = await sink({});
    expect(await check(url(plain.port))).toMatchObject({ ok: true, encrypted: false });
  });

  it('says where a password can be read on the way', async () => {
    const relay = await sink({ login });
    expect(await check(url(relay.port, { who: whoIs(login) }))).toMatchObject({
      ok: true,
      detail: expect.stringContaining('can be read on the way'),
    });
  });

  const bad = (names: string[], from: number, until: number) =>
    makeCertificate({
      names,
      issuer: authority,
      from: new Date(Date.now() + from * DAY_MS),
      until: new Date(Date.now() + until * DAY_MS),
    });
  it.each([
    ['of an unknown authority', own, null, 'relay_certificate_untrusted', 'SMTP_TLS_CA'],
    [
      'signed by itself',
      makeCertificate({ names: ['127.0.0.1'] }),
      null,
      'relay_certificate_untrusted',
      'SMTP_TLS_CA',
    ],
    [
      'of another authority',
      own,
      makeCertificate({ names: ['Other'], authority: true }).cert,
      'relay_certificate_untrusted',
      'SMTP_TLS_CA',
    ],
    ['for another name', bad(['other.test'], -1, 1), authority.cert, 'relay_certificate_name', 'SMTP_URL'],
    ['that has expired', bad(['127.0.0.1'], -2, -1), authority.cert, 'relay_certificate_dates', 'renewed'],
    ['that is not valid yet', bad(['127.0.0.1'], 1, 2), authority.cert, 'relay_certificate_dates', 'clock'],
  ])('tells a certificate %s', async (_, tls, ca, code, fix) => {
    for (const implicitTls of [false, true]) {
      const relay = await sink({ tls, implicitTls });
      const result = await check(url(relay.port, { scheme: implicitTls ? 'smtps' : 'smtp' }), { ca });
      expect(result).toMatchObject({ ok: false, code, fix: expect.stringContaining(fix) });
    }
  });

  it('trusts a self-signed certificate that is named itself', async () => {
    const self = makeCertificate({ names: ['127.0.0.1'] });
    const relay = await sink({ tls: self });
    expect(await check(url(relay.port), { ca: self.cert })).toMatchObject({ ok: true, encrypted: true });
  });

  it('tells a wrong password, and never repeats it', async () => {
    const relay = await sink({ tls: own, login });
    const wrong = { user: login.user, password: 'an0ther+secret' };
    const result = await check(url(relay.port, { who: whoIs(wrong) }), { ca: authority.cert });
    expect(result).toMatchObject({ ok: false, code: 'relay_login_refused' });
    expect(JSON.stringify(result)).not.toContain('an0ther');
  });

  it('strikes out a password that the relay sends back', async () => {
    const secret = 'S3cret/word';
    const echoes = [secret, Buffer.from(`\0me\0${secret}`).toString('base64')];
    for (const echo of echoes) {
      const relay = await scripted({ ehlo: '250-scripted\r\n250 AUTH PLAIN', auth: `535 5.7.8 Not ${echo}` });
      const result = await check(url(relay.port, { who: whoIs({ user: 'me', password: secret }) }));
      expect(result).toMatchObject({ ok: false, code: 'relay_login_refused' });
      expect(JSON.stringify(result)).not.toContain(echo);
      expect(JSON.stringify(result)).toContain('(password)');
    }
  });

  it('tells a login that is not offered', async () => {
    const relay = await sink({ tls: own });
    const result = await check(url(relay.port, { who: whoIs(login) }), { ca: authority.cert });
    expect(result).toMatchObject({ ok: false, code: 'relay_login_missing' });
  });

  it('tells that STARTTLS is asked for and missing, or refused', async () => {
    const plain = await sink({});
    const query = '/?requireTLS=true';
    expect(await check(url(plain.port, { query }))).toMatchObject({ code: 'relay_starttls_missing' });
    const refusing = await scripted({ ehlo: '250-scripted\r\n250 STARTTLS', starttls: '454 4.7.0 Not now' });
    expect(await check(url(refusing.port))).toMatchObject({ code: 'relay_starttls_missing' });
  });

  it('tells TLS spoken to a port without it, and the other way round', async () => {
    const plain = await sink({});
    expect(await check(url(plain.port, { scheme: 'smtps' }))).toMatchObject({ code: 'relay_tls_failed' });
    const secure = await sink({ tls: own, implicitTls: true });
    const waits = await check(url(secure.port), { withinMs: 300 });
    expect(waits).toMatchObject({ code: 'relay_timeout', fix: expect.stringContaining('smtps://') });
  });

  it('tells a name that does not resolve, and a port where nobody listens', async () => {
    expect(await check('smtp://nobody.invalid:25')).toMatchObject({ code: 'relay_name_unknown' });
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    expect(await check(url(port))).toMatchObject({ code: 'relay_refused' });
  });

  it.each<[string, Script, string]>([
    ['silence', { greeting: { hang: true } }, 'relay_timeout'],
    ['silence after EHLO', { ehlo: { hang: true } }, 'relay_timeout'],
    ['a cut', { greeting: { drop: true } }, 'relay_unreachable'],
    ['a cut after EHLO', { ehlo: { drop: true } }, 'relay_unreachable'],
    ['a refusal', { greeting: '554 5.7.1 You are on a list' }, 'relay_not_ready'],
    ['a full house', { greeting: '421 4.3.2 Too many' }, 'relay_not_ready'],
    ['nonsense', { greeting: 'HTTP/1.1 400 Bad Request' }, 'relay_not_ready'],
  ])('tells %s in time', async (_, script, code) => {
    const relay = await scripted(script);
    const result = await check(url(relay.port), { withinMs: 300 });
    expect(result).toMatchObject({ ok: false, code, fix: describeError(code).nextStep });
    expect(result).toMatchObject({ reason: expect.stringContaining(`127.0.0.1:${relay.port}`) });
  });

  it('puts what a relay says on one bounded line', async () => {
    const relay = await scripted({ greeting: `554-\u001b[31mfirst\r\n554 ${'x'.repeat(5000)}` });
    const result = await check(url(relay.port));
    expect(result).toMatchObject({ ok: false, code: 'relay_not_ready' });
    const reason = result.ok ? '' : result.reason;
    expect(reason).not.toMatch(/\p{Cc}/u);
    expect(reason.length).toBeLessThan(500);
  });
});
