/** One From with one address: whoever signed for one of two has not signed for the other. */

import { signingDomain } from '@tinyfat/testing/signing-domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const attacker = signingDomain('evil.example');

describe('a doubled From', () => {
  let intake: Intake;
  beforeAll(async () => {
    // The attacker is on the list, so that only the rule under test can refuse him.
    intake = await startIntake({
      agents: { scout: ['eve@evil.example'] },
      dns: { ...attacker.records, '_dmarc.evil.example': { TXT: ['v=DMARC1; p=reject'] } },
    });
  });
  afterAll(() => intake?.dispose());
  const eve = 'eve@evil.example';

  it.each<[string, (signed: string) => string]>([
    ['a second From on top of the signed mail', (signed) => `From: ${OWNER}\r\n${signed}`],
    ['a second From below', (signed) => signed.replace('\r\nSubject:', `\r\nFrom: ${OWNER}\r\nSubject:`)],
    ['a second From in capitals', (signed) => `FROM: ${OWNER}\r\n${signed}`],
    ['a second From with a blank before the colon', (signed) => `From : ${OWNER}\r\n${signed}`],
    ['a second From behind a bare CR', (signed) => `X-A: b\rFrom: ${OWNER}\r\n${signed}`],
    ['a second From behind a bare LF', (signed) => `X-A: b\nFrom: ${OWNER}\r\n${signed}`],
  ])('as %s is refused', async (_what, forge) => {
    const signed = (await attacker.sign(letter({ From: eve }))).toString('latin1');
    expect(await intake.send(Buffer.from(forge(signed), 'latin1'), { from: eve })).toMatch(/^550 5\.6\.0/);
    expect(await intake.newest()).toMatchObject({ verdict: 'refused', reason_code: 'from_several' });
  });

  it.each([
    ['two addresses', `${eve}, ${OWNER}`],
    ['two addresses, the owner first', `${OWNER}, ${eve}`],
    ['a group of two', `Team: ${eve}, ${OWNER};`],
    ['an address behind a group', `Team:; ${OWNER}, ${eve}`],
  ])('in one field with %s is refused', async (_what, from) => {
    expect(await intake.send(await attacker.sign(letter({ From: from })), { from: eve })).toMatch(/^550 5\./);
    expect((await intake.newest()).verdict).toBe('refused');
  });

  it('is what is refused: the same mail with one From is taken', async () => {
    expect(await intake.send(await attacker.sign(letter({ From: eve })), { from: eve })).toMatch(/^250/);
    expect(await intake.jobs()).toBe(1);
  });
});
