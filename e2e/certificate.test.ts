/** The certificate of the listener: what can not be used stops the start; SIGHUP puts another one in its place. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, type TestCertificate } from '@tinyfat/testing/certificates';
import { smtpSession } from '@tinyfat/testing/smtp-session';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { runCli, startTinyfat, type Tinyfat } from './support/tinyfat.ts';

describe('the certificate of the listener', () => {
  const first = makeCertificate({ names: ['first.example.com'] });
  const second = makeCertificate({ names: ['second.example.com'] });
  let folder: string;
  let files: { SMTP_TLS_CERT: string; SMTP_TLS_KEY: string };
  let server: Tinyfat;
  /** As certbot does: another file under the same name. */
  function put({ cert, key }: TestCertificate): void {
    for (const [path, text] of [
      [files.SMTP_TLS_CERT, cert],
      [files.SMTP_TLS_KEY, key],
    ] as const) {
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
  }
  const lines = (event: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .filter((line) => line.event === event);
  const hangUp = () => process.kill(server.pid(), 'SIGHUP');

  /** A client after STARTTLS: what the certificate is for, and one more command. */
  async function client() {
    const session = smtpSession(server.smtpPort, server.host);
    await session.reply();
    await session.command('EHLO client.example');
    expect(await session.command('STARTTLS')).toMatch(/^220/);
    const name = await session.startTls();
    return { session, name };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-certificate-'));
    files = { SMTP_TLS_CERT: join(folder, 'cert.pem'), SMTP_TLS_KEY: join(folder, 'key.pem') };
    put(first);
    server = await startTinyfat({ environment: files });
  });
  afterAll(async () => {
    await server?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read again at SIGHUP: new connections get the new one, the open one goes on', async () => {
    const open = await client();
    expect(open.name).toBe('first.example.com');
    put(second);
    hangUp();
    await eventually(() => lines('certificate_reloaded')).toMatchObject([
      { level: 'info', names: 'second.example.com', validUntil: expect.stringMatching(/^20/) },
    ]);
    const next = await client();
    expect(next.name).toBe('second.example.com');
    for (const { session } of [open, next]) {
      expect(await session.command('EHLO client.example')).toMatch(/^250/);
      session.end();
    }
  });

  it('stays where the new pair can not be used, and the log says why', async () => {
    for (const [pair, code] of [
      [{ cert: first.cert, key: second.key }, 'tls_key_mismatch'],
      [{ cert: '', key: second.key }, 'tls_not_pem'],
      [{ cert: second.cert, key: '' }, 'tls_not_pem'],
    ] as const) {
      const before = lines('certificate_not_reloaded').length;
      put(pair);
      hangUp();
      await eventually(() => lines('certificate_not_reloaded').length).toBe(before + 1);
      expect(lines('certificate_not_reloaded').at(-1)).toMatchObject({
        level: 'error',
        code,
        reason: expect.stringContaining(folder),
        nextStep: expect.stringMatching(/\w/),
      });
      const { session, name } = await client();
      expect(name).toBe('second.example.com');
      session.end();
    }
    put(first);
    hangUp();
    await eventually(() => lines('certificate_reloaded').length).toBe(2);
  });

  it.each([
    ['empty files', { cert: '', key: '' }, 'is empty'],
    ['a key of another certificate', { cert: first.cert, key: second.key }, 'not made for the private key'],
  ])('stops the start for %s, in a sentence', async (_, pair, words) => {
    put(pair);
    const { code, stdout, stderr } = await runCli(['start'], {
      PATH: process.env.PATH ?? '',
      DATA_DIR: join(folder, 'data'),
      SMTP_PORT: '0',
      PORT: '0',
      ...files,
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^tinyfat did not start: .*\nTo mend it: .*\n$/);
    expect(stderr).toContain(words);
  });
});
