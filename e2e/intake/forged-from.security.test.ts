/** Nobody writes in another's name: who signs is compared with the one From address, and with nothing else. */

import { keyRecord, signOddly } from '@tinyfat/testing/odd-signature';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const owner = signingDomain('example.com');
const attacker = signingDomain('evil.example');
const nested = signingDomain('example.com.evil.example');
const reject = { TXT: ['v=DMARC1; p=reject'] };

describe('a forged From', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: ['@*.corp.example'] },
      dns: {
        ...owner.records,
        ...attacker.records,
        ...nested.records,
        ...keyRecord('example.com/x.evil.example'),
        '_dmarc.example.com': reject,
        '_dmarc.evil.example': reject,
        'evil.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      },
    });
  });
  afterAll(() => intake?.dispose());

  it('is not what the owner’s own signed mail is', async () => {
    expect(await intake.send(await owner.sign(letter({})))).toMatch(/^250 2\.0\.0/);
    const mail = await intake.newest();
    expect(mail).toMatchObject({ verdict: 'accepted', sender: OWNER, state: 'queued' });
    expect(JSON.parse(mail.evidence)).toMatchObject({
      source: 'verified',
      dkim: [{ result: 'pass', domain: 'example.com', aligned: true }],
      dmarc: { result: 'pass', policy: 'reject' },
    });
  });

  it.each<[string, () => Promise<Uint8Array>, string]>([
    ['nothing', async () => letter({}), 'dmarc_failed'],
    ['the attacker’s own valid DKIM signature and SPF', () => attacker.sign(letter({})), 'dmarc_failed'],
    [
      'a display name that is the owner’s address',
      () => attacker.sign(letter({ From: `"${OWNER}" <eve@evil.example>` })),
      'not_allowed',
    ],
    [
      'a display name in an encoded word that ends the address early',
      () => attacker.sign(letter({ From: `=?utf-8?q?owner=40example=2Ecom=3E_=3C?= <eve@evil.example>` })),
      'not_allowed',
    ],
    [
      'a domain that only begins like the owner’s',
      () => nested.sign(letter({ From: 'owner@example.com.evil.example' })),
      'not_allowed',
    ],
    [
      'the owner’s address as a quoted local part',
      () => attacker.sign(letter({ From: `"owner@example.com"@evil.example` })),
      'from_invalid',
    ],
    [
      'a signature whose domain is the owner’s for who reads it as a URL',
      async () => signOddly(letter({}), { d: 'example.com/x.evil.example' }),
      'dmarc_failed',
    ],
    [
      'angle brackets that close nothing',
      () => attacker.sign(letter({ From: `<eve@evil.example <${OWNER}` })),
      'from_invalid',
    ],
    [
      'an address in front of the one in angle brackets',
      () => owner.sign(letter({ From: `eve@evil.example> <${OWNER}>` })),
      'from_invalid',
    ],
    [
      'the owner’s address in a comment',
      () => attacker.sign(letter({ From: `eve@evil.example (${OWNER})` })),
      'not_allowed',
    ],
    [
      'Sender, Reply-To, Return-Path and Resent-From that are the owner’s',
      () =>
        attacker.sign(
          letter({
            From: 'eve@evil.example',
            Sender: OWNER,
            'Reply-To': OWNER,
            'Return-Path': `<${OWNER}>`,
            'Resent-From': OWNER,
          }),
        ),
      'not_allowed',
    ],
    [
      'a domain that an entry for sub-domains only ends like',
      () => attacker.sign(letter({ From: 'eve@evilcorp.example' })),
      'dmarc_failed',
    ],
  ])('with %s is refused, kept on record, and answered by nobody', async (_what, make, code) => {
    const jobs = await intake.jobs();
    const raw = await make();
    const answer = await intake.send(raw, { from: 'eve@evil.example' });
    expect(answer).toMatch(/^550 5\./);
    const mail = await intake.newest();
    expect(mail).toMatchObject({ verdict: 'refused', state: 'refused' });
    // A domain without a record is refused for want of one; what counts is that it is refused for identity.
    expect([code, 'no_policy_no_signature']).toContain(mail.reason_code);
    expect(mail.reason.length).toBeGreaterThan(20);
    expect(await intake.raw(mail)).toEqual(Buffer.from(raw));
    expect(await intake.jobs()).toBe(jobs);
    expect(await intake.db.selectFrom('deliveries').selectAll().execute()).toEqual([]);
  });

  it('tells a forger nothing about the list', async () => {
    const listed = await intake.send(letter({}), { from: 'eve@evil.example' });
    const unlisted = await intake.send(letter({ From: 'nobody@example.com' }), { from: 'eve@evil.example' });
    expect(listed).toBe(unlisted);
  });
});
