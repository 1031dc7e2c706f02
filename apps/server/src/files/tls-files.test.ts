/** Every way in which a certificate or a key can be no use has its own sentence, and none repeats a key. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAuthorities, loadTlsFiles } from './tls-files.ts';

const DAY_MS = 86_400_000;
const now = Date.now();
const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };
const own = makeCertificate({ names: ['mx.example.com', 'mail.example.com'], issuer: authority });
const other = makeCertificate({ names: ['mx.example.com'] });
const inDays = (days: number) => new Date(now + days * DAY_MS);

describe('certificates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tinyfat-tls-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function file(name: string, text: string, mode = 0o600): string {
    const path = join(folder, name);
    writeFileSync(path, text, { mode });
    return path;
  }
  const load = (key: string, cert: string, mode = 0o600) =>
    loadTlsFiles({ keyFile: file('key.pem', key, mode), certFile: file('cert.pem', cert) }, now);

  it('that fit are given with names, dates and the whole chain', () => {
    expect(load(own.key, own.cert + authority.cert)).toMatchObject({
      ok: true,
      key: own.key,
      cert: own.cert + authority.cert,
      names: ['mx.example.com', 'mail.example.com'],
      validUntil: expect.any(Number),
      warnings: [],
    });
  });

  it('are taken with the text that openssl and certbot write around them', () => {
    const text = `Certificate:\n    Data:\n        Version: 3 (0x2)\n${own.cert}\n# the authority\n${authority.cert}`;
    expect(load(`Key:\n${own.key}`, text)).toMatchObject({ ok: true });
  });

  const encrypted = createPrivateKey(own.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const old = createPrivateKey(own.key).export({
    type: 'sec1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const broken = own.cert.replace(/\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA');
  it.each([
    ['an empty certificate', own.key, '', 'tls_not_pem', 'SMTP_TLS_CERT'],
    ['an empty key', '', own.cert, 'tls_not_pem', 'SMTP_TLS_KEY'],
    ['blanks only', ' \n', '\n', 'tls_not_pem', 'SMTP_TLS_KEY'],
    ['no PEM', own.key, 'hello', 'tls_not_pem', 'holds no certificate'],
    ['a key that is none', 'hello', own.cert, 'tls_not_pem', 'holds no private key'],
    ['files that are swapped', own.cert, own.key, 'tls_not_pem', 'holds a certificate'],
    ['a key in place of the certificate', own.key, own.key, 'tls_not_pem', 'holds a private key'],
    ['a certificate that is broken', own.key, broken, 'tls_not_pem', 'broken'],
    ['a key of another certificate', other.key, own.cert, 'tls_key_mismatch', 'SMTP_TLS_CERT'],
    ['a chain in the wrong order', own.key, authority.cert + own.cert, 'tls_key_mismatch', 'not the first'],
    ['a key with a passphrase', String(encrypted), own.cert, 'tls_key_encrypted', 'SMTP_TLS_KEY'],
    ['an old form of it', String(old), own.cert, 'tls_key_encrypted', 'SMTP_TLS_KEY'],
  ])('are refused: %s', (_, key, cert, code, words) => {
    const loaded = load(key, cert);
    expect(loaded).toMatchObject({ ok: false, code, reason: expect.stringContaining(words) });
    for (const line of own.key.split('\n').filter((text) => /^[^-]{20}/.test(text))) {
      expect(JSON.stringify(loaded)).not.toContain(line);
    }
  });

  it('are refused where a file is missing, a folder, a pipe or too large', () => {
    const certFile = file('cert.pem', own.cert);
    const missing = join(folder, 'missing.pem');
    const pipe = join(folder, 'pipe');
    const directory = join(folder, 'directory');
    mkdirSync(directory);
    execFileSync('mkfifo', [pipe]);
    for (const keyFile of [missing, directory, pipe]) {
      expect(loadTlsFiles({ keyFile, certFile }, now)).toMatchObject({
        ok: false,
        code: 'tls_file_unreadable',
        reason: expect.stringContaining(keyFile),
      });
    }
    const large = file('large.pem', own.key + 'x'.repeat(1024 * 1024));
    expect(loadTlsFiles({ keyFile: large, certFile }, now)).toMatchObject({ code: 'tls_not_pem' });
  });

  it.skipIf(process.getuid?.() === 0)('are refused where they may not be read (not shown as root)', () => {
    const keyFile = file('key.pem', own.key, 0o000);
    expect(loadTlsFiles({ keyFile, certFile: file('cert.pem', own.cert) }, now)).toMatchObject({
      code: 'tls_file_unreadable',
      reason: expect.stringContaining('EACCES'),
    });
  });

  it.each([
    ['expired', -2, -1],
    ['not valid yet', 1, 2],
  ])('that are %s are used, with a warning', (_, from, until) => {
    const { key, cert } = makeCertificate({
      names: ['mx.example.com'],
      from: inDays(from),
      until: inDays(until),
    });
    expect(load(key, cert)).toMatchObject({
      ok: true,
      warnings: [{ code: 'tls_certificate_dates', reason: expect.stringContaining('20') }],
    });
  });

  it('whose key everybody can read are used, with a warning', () => {
    const keyFile = file('key.pem', own.key);
    chmodSync(keyFile, 0o644);
    expect(loadTlsFiles({ keyFile, certFile: file('cert.pem', own.cert) }, now)).toMatchObject({
      ok: true,
      warnings: [{ code: 'tls_key_exposed' }],
    });
  });

  it('of authorities are given without what stands around them', () => {
    const loaded = loadAuthorities('SMTP_TLS_CA', file('ca.pem', `# ours\n${authority.cert}\n${other.cert}`));
    expect(loaded).toEqual({ ok: true, pem: authority.cert + other.cert });
  });

  it.each([
    ['empty', '', 'is empty'],
    ['no PEM', 'hello', 'no certificate'],
    ['a key', own.key, 'a private key'],
    ['broken', authority.cert + broken, 'broken'],
  ])('of authorities are refused: %s', (_, text, words) => {
    expect(loadAuthorities('SMTP_TLS_CA', file('ca.pem', text))).toMatchObject({
      ok: false,
      code: 'tls_not_pem',
      reason: expect.stringContaining(words),
    });
  });
});
