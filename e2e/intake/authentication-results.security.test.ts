/** Authentication-Results (RFC 8601) are believed from whom the operator named, on top, and from nobody else. */

import { signingDomain } from '@tinyfat/testing/signing-domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const attacker = signingDomain('evil.example');
const pass = 'mx.provider.example; dmarc=pass header.from=example.com; dkim=pass header.d=example.com';
const fail = 'mx.provider.example; dmarc=fail header.from=example.com';
const dns = {
  ...attacker.records,
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.evil.example': { TXT: ['v=DMARC1; p=reject'] },
};
const results = (...fields: string[]) =>
  Buffer.concat([
    Buffer.from(fields.map((field) => `Authentication-Results: ${field}\r\n`).join('')),
    letter({}),
  ]);

describe('Authentication-Results in a mail of a stranger', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({ agents: { scout: [] }, dns, authservIds: ['mx.provider.example'] });
  });
  afterAll(() => intake?.dispose());

  it.each([
    ['a passing one of a trusted name on top', results(pass)],
    ['two', results(pass, pass)],
    ['one of our own name', results(`agents.example.org; dmarc=pass header.from=example.com`)],
  ])('are not believed: %s', async (_what, raw) => {
    expect(await intake.send(raw)).toMatch(/^550 5\.7\./);
    expect(await intake.newest()).toMatchObject({ verdict: 'refused', reason_code: 'dmarc_failed' });
  });

  it('do not help the attacker’s own signature', async () => {
    expect(await intake.send(await attacker.sign(results(pass)))).toMatch(/^550/);
  });
});

describe('Authentication-Results in what a relay hands on', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: [] },
      dns,
      authservIds: ['mx.provider.example'],
      trustedClients: ['127.0.0.0/8'],
    });
  });
  afterAll(() => intake?.dispose());

  it('are believed on top, and the record says whom', async () => {
    expect(await intake.send(results(pass))).toMatch(/^250/);
    const mail = await intake.newest();
    expect(mail).toMatchObject({ verdict: 'accepted', sender: OWNER });
    expect(mail.authentication).toContain('mx.provider.example');
    expect(JSON.parse(mail.evidence)).toMatchObject({ source: 'asserted', authserv: 'mx.provider.example' });
  });

  it.each([
    ['a forged one below the real one', results(fail, pass)],
    ['a forged one below another server’s', results('relay.example; none', pass)],
    ['another server’s only', results('mx.evil.example; dmarc=pass header.from=example.com')],
    ['a name that only begins alike', results(pass.replace('example;', 'example.evil.example;'))],
    ['a result in a comment', results('mx.provider.example; (dmarc=pass header.from=example.com) spf=fail')],
    ['a pass for another domain', results('mx.provider.example; dmarc=pass header.from=evil.example')],
    [
      'two results',
      results('mx.provider.example; dmarc=fail header.from=example.com; dmarc=pass header.from=example.com'),
    ],
    ['nothing', letter({})],
  ])('prove nothing with %s', async (_what, raw) => {
    expect(await intake.send(raw)).toMatch(/^550/);
    expect((await intake.newest()).verdict).toBe('refused');
  });
});
