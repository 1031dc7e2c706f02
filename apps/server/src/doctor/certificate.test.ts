/** What is said of a certificate; how it is read is tested beside tls-files.ts. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateWishes, makeCertificate } from '@tinyfat/testing/certificates';
import { describe, expect, it } from 'vitest';
import { certificateCheck } from './certificate.ts';
import { look, testFolder } from './test-support/look.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const authority = { ...makeCertificate({ names: ['Test CA'], authority: true }), name: 'Test CA' };

/** What is said of a certificate with these wishes, or of these texts in its place. */
async function said(
  wishes: Partial<CertificateWishes>,
  texts: { cert?: string; key?: string } = {},
  keyMode = 0o600,
) {
  const folder = testFolder();
  const made = { ...makeCertificate({ names: ['mx.agents.example'], ...wishes }), ...texts };
  const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  writeFileSync(tls.certFile, made.cert);
  writeFileSync(tls.keyFile, made.key);
  chmodSync(tls.keyFile, keyMode);
  const smtp = { host: '127.0.0.1', port: 2525, tls };
  return await look(certificateCheck({ smtp, ownDomain: true, now: Date.now() }));
}

describe('the certificate', () => {
  it('that is right is told with its names and its end', async () => {
    const wishes = { names: ['mx.agents.example', 'mx2.agents.example'], until: inDays(60) };
    expect(await said(wishes)).toEqual([
      {
        check: 'certificate',
        state: 'ok',
        found: `for mx.agents.example, mx2.agents.example, until ${inDays(60).toISOString().slice(0, 10)}`,
        mend: null,
        run: null,
      },
    ]);
  });

  it('that expired, or is not valid yet, is broken', async () => {
    expect(await said({ from: inDays(-90), until: inDays(-1) })).toMatchObject([
      {
        state: 'broken',
        found: expect.stringContaining(`expired on ${inDays(-1).toISOString().slice(0, 10)}`),
      },
    ]);
    expect(await said({ from: inDays(2), until: inDays(90) })).toMatchObject([
      { state: 'broken', found: expect.stringContaining('is not valid before') },
    ]);
  });

  it('that expires within two weeks is a note', async () => {
    expect(await said({ until: inDays(5.5) })).toMatchObject([
      { state: 'note', found: expect.stringContaining('expires in 5 days') },
    ]);
    expect(await said({ until: inDays(15) })).toMatchObject([{ state: 'ok' }]);
  });

  it('that can not be used is broken, with the file', async () => {
    const { key } = makeCertificate({ names: ['mx.agents.example'] });
    expect(await said({}, { key })).toMatchObject([
      { state: 'broken', found: expect.stringMatching(/SMTP_TLS_CERT.*key\.pem/) },
    ]);
    expect(await said({}, { cert: '' })).toMatchObject([
      { state: 'broken', found: expect.stringContaining('cert.pem is empty') },
    ]);
    expect(await said({}, { key: '' })).toMatchObject([
      { state: 'broken', found: expect.stringContaining('key.pem is empty') },
    ]);
  });

  it('without the chain to its authority is a note, and with it is none', async () => {
    const leaf = makeCertificate({ names: ['mx.agents.example'], issuer: authority });
    expect(await said({}, leaf)).toMatchObject([
      { state: 'note', found: expect.stringContaining('without the chain') },
    ]);
    expect(await said({}, { ...leaf, cert: leaf.cert + authority.cert })).toMatchObject([{ state: 'ok' }]);
  });

  it('whose key every user can read is a note beside what else there is', async () => {
    expect(await said({}, {}, 0o644)).toMatchObject([
      { state: 'ok' },
      { state: 'note', found: expect.stringContaining('key.pem') },
    ]);
  });

  it('that is not set is a note for a domain of one’s own, and nothing for the default one', async () => {
    const parts = { smtp: { host: '127.0.0.1', port: 2525, tls: null }, now: Date.now() };
    expect(await look(certificateCheck({ ...parts, ownDomain: true }))).toMatchObject([{ state: 'note' }]);
    expect(await look(certificateCheck({ ...parts, ownDomain: false }))).toMatchObject([{ state: 'ok' }]);
  });
});
