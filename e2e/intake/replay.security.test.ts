/** A signed mail stays validly signed in anybody's hands: copies of it must not work as mails of their own. */

import { signingDomain } from '@tinyfat/testing/signing-domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOMAIN, type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const owner = signingDomain('example.com');
const direct = signingDomain('direct.example');
const DAY = 86_400_000;

describe('a replay of a signed mail', () => {
  let intake: Intake;
  let ahead = 0;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: ['boss@direct.example'], ops: [] },
      dns: {
        ...owner.records,
        ...direct.records,
        '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
        '_dmarc.direct.example': { TXT: ['v=DMARC1; p=reject'] },
        'direct.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      },
      clock: () => Date.now() + ahead,
    });
  });
  afterAll(() => intake?.dispose());
  const eve = { from: 'eve@evil.example' };

  it('byte for byte is a duplicate', async () => {
    const raw = await owner.sign(letter({}));
    expect(await intake.send(raw)).toMatch(/^250/);
    const jobs = await intake.jobs();
    expect(await intake.send(raw, eve)).toMatch(/^250/);
    expect(await intake.newest()).toMatchObject({ verdict: 'duplicate', reason_code: 'duplicate' });
    expect(await intake.jobs()).toBe(jobs);
  });

  it('under another Message-ID is known by its signature', async () => {
    const raw = await owner.sign(letter({ 'Message-ID': [] }));
    const under = (id: string) => Buffer.concat([Buffer.from(`Message-ID: <${id}@x.example>\r\n`), raw]);
    expect(await intake.send(under('1'))).toMatch(/^250/);
    const jobs = await intake.jobs();
    expect(await intake.send(under('2'), eve)).toMatch(/^250/);
    const copy = await intake.newest();
    expect(copy).toMatchObject({
      verdict: 'duplicate',
      reason_code: 'replayed',
      message_id: '<2@x.example>',
    });
    expect(await intake.jobs()).toBe(jobs);
  });

  it('is kept with its beginning only, however often it comes', async () => {
    const raw = await owner.sign(letter({}, 'A line of text.\r\n'.repeat(20_000)));
    for (const from of [OWNER, eve.from]) expect(await intake.send(raw, { from })).toMatch(/^250/);
    const [first, copy] = (await intake.mails()).slice(-2);
    expect([first?.verdict, copy?.verdict]).toEqual(['accepted', 'duplicate']);
    expect((await intake.raw(first as NonNullable<typeof first>)).length).toBe(raw.length);
    expect((await intake.raw(copy as NonNullable<typeof copy>)).length).toBe(64 * 1024);
  });

  it('is kept no longer for another agent who refuses the sender', async () => {
    const boss = letter({ From: 'boss@direct.example' }, 'A line of text.\r\n'.repeat(20_000));
    const from = 'boss@direct.example';
    const raw = await direct.sign(boss);
    expect(await intake.send(raw, { from })).toMatch(/^250/);
    expect(await intake.send(raw, { from, to: [`scout@${DOMAIN}`, `ops@${DOMAIN}`] })).toMatch(/^250/);
    const [copy, refused] = (await intake.mails()).slice(-2);
    expect([copy?.verdict, refused?.verdict]).toEqual(['duplicate', 'refused']);
    expect((await intake.raw(copy as NonNullable<typeof copy>)).length).toBe(64 * 1024);
  });

  it('under a Message-ID that somebody else used first is no copy', async () => {
    const id = '<guessed@example.com>';
    const boss = letter({ From: 'boss@direct.example', 'Message-ID': id });
    expect(await intake.send(await direct.sign(boss), { from: 'boss@direct.example' })).toMatch(/^250/);
    expect(await intake.send(await owner.sign(letter({ 'Message-ID': id })))).toMatch(/^250/);
    expect(await intake.newest()).toMatchObject({ verdict: 'accepted', sender: OWNER });
  });

  it('that was written to somebody else waits for the owner, who can let it in', async () => {
    const raw = await owner.sign(letter({ To: 'bob@evil.example', Subject: 'Please pay the bill' }));
    const jobs = await intake.jobs();
    expect(await intake.send(raw, eve)).toMatch(/^250/);
    const quarantined = await intake.newest();
    expect(quarantined).toMatchObject({
      verdict: 'quarantined',
      state: 'quarantined',
      reason_code: 'not_addressed',
      sender: OWNER,
    });
    expect(await intake.jobs()).toBe(jobs);
    expect(await intake.queue.releaseMail(quarantined.id)).toBe('queued');
    expect(await intake.jobs()).toBe(jobs + 1);
  });

  it('to another agent, with a Cc that was not signed, waits too', async () => {
    const raw = await owner.sign(letter({}));
    const forged = Buffer.concat([Buffer.from(`Cc: ops@${DOMAIN}\r\n`), raw]);
    expect(await intake.send(forged, { ...eve, to: [`ops@${DOMAIN}`] })).toMatch(/^250/);
    expect(await intake.newest()).toMatchObject({ verdict: 'quarantined', reason_code: 'not_addressed' });
  });

  it('is too old after a week', async () => {
    const raw = await owner.sign(letter({}));
    ahead = 8 * DAY;
    try {
      expect(await intake.send(raw, eve)).toMatch(/^550 5\.7\.1/);
    } finally {
      ahead = 0;
    }
    expect(await intake.newest()).toMatchObject({ verdict: 'refused', reason_code: 'stale' });
  });

  it('that a server forwards for another of its users waits', async () => {
    const raw = await direct.sign(letter({ From: 'boss@direct.example', To: 'eve@direct.example' }));
    expect(await intake.send(raw, { from: 'eve+forward@direct.example' })).toMatch(/^250/);
    expect(await intake.newest()).toMatchObject({ verdict: 'quarantined', reason_code: 'not_addressed' });
  });

  it('that came first makes way for the mail itself', async () => {
    const raw = await direct.sign(letter({ From: 'boss@direct.example', To: 'bob@else.example' }));
    expect(await intake.send(raw, eve)).toMatch(/^250/);
    const copy = await intake.newest();
    expect(copy.verdict).toBe('quarantined');
    const jobs = await intake.jobs();
    expect(await intake.send(raw, { from: 'boss@direct.example' })).toMatch(/^250/);
    expect((await intake.newest()).verdict).toBe('accepted');
    expect(await intake.jobs()).toBe(jobs + 1);
    const before = (await intake.mails()).find((mail) => mail.id === copy.id);
    expect(before).toMatchObject({ verdict: 'duplicate', state: 'duplicate' });
    expect(await intake.queue.releaseMail(copy.id)).toBe('not_waiting');
  });

  it('is not what a Bcc is that comes from the sender’s own server', async () => {
    const bcc = letter({ From: 'boss@direct.example', To: 'bob@else.example' });
    expect(await intake.send(await direct.sign(bcc), { from: 'boss@direct.example' })).toMatch(/^250/);
    expect(await intake.newest()).toMatchObject({
      verdict: 'accepted',
      sender: 'boss@direct.example',
      others: '[]',
    });
  });
});
