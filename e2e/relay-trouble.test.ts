/** A relay that takes no mail: the operator reads why, in the terminal, the log, the health and the metrics. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { type SmtpSink, startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { runCli, startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const to = 'scout@tinyfat.localhost';
const right = { user: 'me', password: 'r1ght/Secret' };
const wrong = 'wr0ng/Secret';

describe('a relay with a certificate of its own, and a login', () => {
  const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };
  const tls = makeCertificate({ names: ['127.0.0.1'], issuer: authority });
  let folder: string;
  let relay: SmtpSink;
  let server: Tinyfat;
  const url = (password: string) => `smtp://me:${encodeURIComponent(password)}@127.0.0.1:${relay.port}`;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-relay-'));
    writeFileSync(join(folder, 'ca.pem'), authority.cert);
    writeFileSync(join(folder, 'empty.pem'), '');
    relay = await startSmtpSink({ tls, login: right });
    server = await startTinyfat({
      environment: { SMTP_URL: url(right.password), RETRY_BASE_MS: '100' },
      agents: { scout: [] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await relay?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = (event: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);
  const ready = async () => {
    const answer = await fetch(`http://${server.host}:8025/health/ready`);
    return [answer.status, await answer.json()];
  };
  /** In order, so that no try is cut off in its middle. */
  async function restart(more: Record<string, string>): Promise<void> {
    await server.kill('SIGTERM');
    await server.restart({ SMTP_TLS_CA: join(folder, 'ca.pem'), ...more });
  }
  const metrics = async () => (await fetch(`http://${server.host}:8025/metrics`)).text();

  it('that is of no authority that is trusted: said after the start, in the health and in the metrics', async () => {
    await eventually(server.output).toContain('Mail out     FAILS:');
    expect(server.output()).toMatch(
      /FAILS: The certificate of the SMTP relay .*\n +To mend it: .*SMTP_TLS_CA/,
    );
    expect(lines('mail_out_failing')).toMatchObject([
      {
        level: 'warn',
        code: 'relay_certificate_untrusted',
        nextStep: expect.stringContaining('SMTP_TLS_CA'),
      },
    ]);
    expect(await ready()).toEqual([
      200,
      {
        status: 'ok',
        checks: expect.objectContaining({ listener: 'ok' }),
        warnings: { mail_out: expect.stringMatching(/^Mail out fails \(relay_certificate_untrusted\)\./) },
      },
    ]);
    expect(await metrics()).toContain('tinyfat_mail_out_failing 1');
  });

  it('keeps the answer, with one warning that says which, why, when again and what to do', async () => {
    await sendMail(server, { to, subject: 'Ping', text: 'Hello?' });
    await eventually(() => lines('delivery').length).toBeGreaterThan(1);
    const [first, second] = lines('delivery');
    expect(first).toMatchObject({
      level: 'warn',
      agent: 'scout',
      state: 'pending',
      attempt: 1,
      code: 'relay_certificate_untrusted',
      reason: expect.stringMatching(/\w/),
      nextAttempt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      nextStep: expect.stringContaining('SMTP_TLS_CA'),
    });
    expect(second).toMatchObject({ level: 'info', attempt: 2, delivery: first.delivery });
    // It is `sending` while it is tried.
    await eventually(async () => (await server.json(['outbox', 'list']))[0]).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('set SMTP_TLS_CA to'),
    });
    expect(relay.mails).toEqual([]);
  });

  it('that is given a wrong password says so, and nobody reads either password', async () => {
    await restart({ SMTP_URL: url(wrong) });
    await eventually(server.output).toContain('FAILS: The SMTP relay did not accept the login.');
    expect(lines('mail_out_failing')).toMatchObject([{ code: 'relay_login_refused' }]);
    for (const secret of [wrong, encodeURIComponent(wrong), btoa(`\0me\0${wrong}`)]) {
      expect(server.output()).not.toContain(secret);
    }
  });

  it('gets the answer once both are right, and nothing is wrong any more', async () => {
    await restart({});
    await eventually(server.output).toMatch(/Mail out {5}works: 127\.0\.0\.1:\d+ took the login over TLS\./);
    await eventually(() => relay.mails.length).toBe(1);
    expect(relay.mails[0]?.secure).toBe(true);
    expect(await ready()).toEqual([200, expect.objectContaining({ status: 'ok', warnings: {} })]);
    expect(await metrics()).toContain('tinyfat_mail_out_failing 0');
  });

  it('can not be told about by a file that is no certificate, or without a relay', async () => {
    const PATH = process.env.PATH ?? '';
    const files = { SMTP_URL: url(wrong), SMTP_TLS_CA: join(folder, 'empty.pem') };
    const refusals = [
      [files, /SMTP_TLS_CA can not be used: .*empty\.pem is empty/],
      [{ ...files, SMTP_TLS_CA: join(folder, 'missing.pem') }, /SMTP_TLS_CA can not be used: .*ENOENT/],
      [{ SMTP_TLS_CA: join(folder, 'ca.pem') }, /SMTP_TLS_CA does nothing without SMTP_URL/],
    ] as const;
    const start = async ([environment, words]: (typeof refusals)[number]) => {
      const { code, stderr } = await runCli(['start'], {
        PATH,
        DATA_DIR: join(folder, 'data'),
        ...environment,
      });
      expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
      expect(stderr).not.toContain('Secret');
    };
    await Promise.all(refusals.map(start));
  });
});
