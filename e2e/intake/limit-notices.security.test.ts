/** Whom the intake asks a notice of a limit for: nobody but proven, listed senders and the owner, whoever they say they are. */

import { secretTokenHash } from '@tinyfat/core';
import { insertSecretAddress } from '@tinyfat/database';
import { signingDomain } from '@tinyfat/testing/signing-domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOMAIN, type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const owner = signingDomain('example.com');
const listed = signingDomain('listed.example');
const BOB = 'bob@listed.example';
const HERMIT = 'hermit@bare.example';
const TOKEN = 'abcdefghijklmnopqrstuvwxyz';
const SECRET = `scout+${TOKEN}@${DOMAIN}`;

describe('notices of limits', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: [BOB, HERMIT], hermitage: [] },
      limits: { senderHour: 1 },
      dns: {
        ...owner.records,
        ...listed.records,
        '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
        '_dmarc.listed.example': { TXT: ['v=DMARC1; p=reject'] },
      },
    });
    await insertSecretAddress(intake.db, {
      id: 'secret',
      agent_id: 'id-scout',
      token_sha256: await secretTokenHash(TOKEN),
      note: '',
      created_at: 1,
    });
  });
  afterAll(() => intake?.dispose());
  const notices = async () =>
    (await intake.db.selectFrom('limit_notices').select(['role', 'recipient']).orderBy('role').execute()).map(
      ({ role, recipient }) => `${role} ${recipient}`,
    );
  const signed = (from: string, headers: Record<string, string> = {}) =>
    (from === OWNER ? owner : listed).sign(letter({ From: from, ...headers }));

  it('are not needed for the owner: what is signed is let in, however much it is', async () => {
    for (let count = 0; count < 4; count++) {
      expect(await intake.send(await signed(OWNER))).toMatch(/^250/);
      expect(await intake.newest()).toMatchObject({ verdict: 'accepted', reason_code: 'accepted' });
    }
    expect(await notices()).toEqual([]);
  });

  it('are not asked for by a forged owner, by strangers, or by machines', async () => {
    for (let count = 0; count < 3; count++) {
      expect(await intake.send(letter({}))).toMatch(/^550/);
      expect(await intake.send(letter({ From: 'eve@evil.example' }), { from: 'eve@evil.example' })).toMatch(
        /^550/,
      );
      expect(
        await intake.send(await signed(BOB, { 'Auto-Submitted': 'auto-replied' }), { from: BOB }),
      ).toMatch(/^250/);
      expect(await intake.send(await signed(BOB), { from: '' })).toMatch(/^250/);
    }
    expect((await intake.mails()).filter(({ verdict }) => verdict === 'accepted')).toHaveLength(4);
    expect(await notices()).toEqual([]);
  });

  it('go to the owner alone where nothing but a secret address stands for the sender', async () => {
    const unproven = () => letter({ From: HERMIT, To: SECRET });
    for (let count = 0; count < 2; count++) {
      expect(await intake.send(unproven(), { from: HERMIT, to: [SECRET] })).toMatch(/^250/);
    }
    expect(await intake.newest()).toMatchObject({ verdict: 'over_limit', state: 'over_limit' });
    expect(await notices()).toEqual([`owner ${OWNER}`]);
  });

  it('go to who proved to be a listed sender, once, however often and under whatever tag', async () => {
    for (const from of [BOB, BOB, 'bob+other@listed.example']) {
      expect(await intake.send(await signed(from), { from })).toMatch(/^250/);
    }
    expect((await intake.newest()).verdict).toBe('over_limit');
    expect(await notices()).toEqual([`owner ${OWNER}`, `sender ${BOB}`]);
  });

  it('are asked for by nobody who only says that he is the owner, at a secret address', async () => {
    await intake.db.updateTable('agents').set({ owner: HERMIT }).where('name', '=', 'scout').execute();
    expect(await intake.send(letter({ From: HERMIT, To: SECRET }), { from: HERMIT, to: [SECRET] })).toMatch(
      /^250/,
    );
    expect(await intake.newest()).toMatchObject({ verdict: 'over_limit', reason_code: 'sender_limit' });
    expect(await notices()).toEqual([`owner ${HERMIT}`, `owner ${OWNER}`, `sender ${BOB}`]);
  });
});
