/** What is said of certificate files that are as operators have them. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type CertificateWishes,
  makeCertificate,
} from '../../../../packages/mail/src/test-support/certificates.ts';
import { look, testFolder } from './test-support/look.ts';
import { tlsFilesCheck } from './tls-files.ts';

const DAY_MS = 86_400_000;
const isRoot = process.getuid?.() === 0;
const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };

/** Certificate and key as files, and what the check says of them. */
function files(change: { cert?: string; key?: string } = {}, wishes: Partial<CertificateWishes> = {}) {
  const folder = testFolder();
  const made = makeCertificate({ names: ['mx.agents.example'], ...wishes });
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, change.cert ?? made.cert);
  writeFileSync(keyFile, change.key ?? made.key);
  const tls = { certFile, keyFile };
  const check = async () => {
    const [finding] = await look(
      tlsFilesCheck({
        config: { smtp: { host: '127.0.0.1', port: 2525, tls }, mailDomain: 'agents.example' },
        ownDomain: true,
        now: Date.now(),
      }),
    );
    return finding;
  };
  return { ...tls, made, check };
}
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

describe('the certificate', () => {
  it('that is right is told with its names and its end', async () => {
    const { check } = files({}, { names: ['mx.agents.example', 'mx2.agents.example'], until: inDays(60) });
    expect(await check()).toMatchObject({
      check: 'certificate',
      state: 'ok',
      found: `for mx.agents.example, mx2.agents.example, until ${inDays(60).toISOString().slice(0, 10)}`,
    });
  });

  it('that expired, or is not valid yet, is broken', async () => {
    expect(await files({}, { from: inDays(-90), until: inDays(-1) }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining(`expired on ${inDays(-1).toISOString().slice(0, 10)}`),
    });
    expect(await files({}, { from: inDays(2), until: inDays(90) }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('is not valid before'),
    });
  });

  it('that expires within two weeks is a note', async () => {
    expect(await files({}, { until: inDays(5.5) }).check()).toMatchObject({
      state: 'note',
      found: expect.stringContaining('expires in 5 days'),
    });
    expect(await files({}, { until: inDays(15) }).check()).toMatchObject({ state: 'ok' });
  });

  it('with the key of another one is broken', async () => {
    const { key } = makeCertificate({ names: ['mx.agents.example'] });
    const { check, keyFile } = files({ key });
    expect(await check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining(`the key in ${keyFile} is not that of the certificate`),
    });
  });

  it('that is empty, or no PEM, is broken', async () => {
    expect(await files({ cert: '' }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringMatching(/cert\.pem is empty$/),
    });
    expect(await files({ cert: '\u0030\u0082 binary' }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringMatching(/has no certificate in PEM form$/),
    });
    const torn = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(await files({ cert: torn }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('can not be read as a certificate'),
    });
  });

  it('with a key that is empty, no PEM, or locked by a passphrase is broken, and nothing of the key is shown', async () => {
    expect(await files({ key: '\n' }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringMatching(/key\.pem is empty$/),
    });
    const body = 'c2VjcmV0LXNlY3JldA==';
    const torn = await files({
      key: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
    }).check();
    expect(torn).toMatchObject({ state: 'broken', found: expect.stringContaining('no private key') });
    expect(JSON.stringify(torn)).not.toContain(body);
    const { made } = files();
    const locked = createPrivateKey(made.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'hunter2',
    });
    expect(await files({ cert: made.cert, key: String(locked) }).check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('has a passphrase'),
    });
  });

  it('without the chain to its authority is a note, and with it is none', async () => {
    const leaf = makeCertificate({ names: ['mx.agents.example'], issuer: authority });
    expect(await files(leaf).check()).toMatchObject({
      state: 'note',
      found: expect.stringContaining('without the chain'),
    });
    const chained = { ...leaf, cert: leaf.cert + authority.cert };
    expect(await files(chained).check()).toMatchObject({ state: 'ok' });
  });

  it('that is not there, a folder or a named pipe is told, and nothing is waited for', async () => {
    const missing = files();
    spawnSync('rm', [missing.certFile]);
    expect(await missing.check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('no such file'),
    });
    mkdirSync(missing.certFile);
    expect(await missing.check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('no plain file'),
    });
    const piped = files();
    spawnSync('rm', [piped.keyFile]);
    spawnSync('mkfifo', [piped.keyFile]);
    expect(await piped.check()).toMatchObject({
      state: 'broken',
      found: expect.stringContaining('no plain file'),
    });
  });

  it.skipIf(isRoot)('that this user can not read is told (skipped for root, who can)', async () => {
    const { keyFile, check } = files();
    chmodSync(keyFile, 0o000);
    expect(await check()).toMatchObject({ state: 'broken', found: expect.stringContaining('EACCES') });
  });

  it('that is not set is a note for a domain of one’s own, and nothing for the default one', async () => {
    const smtp = { host: '127.0.0.1', port: 2525, tls: null };
    const parts = { config: { smtp, mailDomain: 'agents.example' }, now: Date.now() };
    expect(await look(tlsFilesCheck({ ...parts, ownDomain: true }))).toMatchObject([{ state: 'note' }]);
    expect(await look(tlsFilesCheck({ ...parts, ownDomain: false }))).toMatchObject([{ state: 'ok' }]);
  });
});
