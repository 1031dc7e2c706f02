/** Mails that are made to choke a server, and too many mails. */

import { mailRow } from '@tinyfat/contracts/mail-row';
import { QUARANTINE_LIMIT } from '@tinyfat/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intake, letter, OWNER, startIntake } from '../support/intake.ts';

const bomb = (type: string, body: string) => letter({ 'Content-Type': type, 'MIME-Version': '1.0' }, body);

describe('one mail that is a bomb', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({ agents: { scout: [] }, trustedClients: ['127.0.0.0/8'] });
  });
  afterAll(() => intake?.dispose());

  it.each([
    ['of boundaries', bomb('multipart/mixed; boundary=b', '--b\r\n\r\n'.repeat(50_000)), 'too_complex'],
    ['of blank lines', letter({}, '\r\n'.repeat(200_000)), 'too_complex'],
    ['of one endless line', letter({}, 'x'.repeat(2_000_000)), 'too_complex'],
    ['of header lines', Buffer.concat([Buffer.from('X-A: b\r\n'.repeat(20_000)), letter({})]), 'too_complex'],
    [
      'of signatures',
      Buffer.concat([Buffer.from('DKIM-Signature: v=1; d=x.example; s=x; b=x\r\n'.repeat(100)), letter({})]),
      'too_complex',
    ],
  ])('%s is refused, and shown with its beginning', async (_what, raw, code) => {
    expect(await intake.send(raw)).toMatch(/^55[24] 5\./);
    const mail = await intake.newest();
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: code, raw_bytes: raw.length });
    expect(await intake.raw(mail)).toEqual(raw.subarray(0, 64 * 1024));
  });

  it('of 40 MB in one boundary is refused with its row, and the next mail is taken', async () => {
    const raw = bomb(`multipart/mixed; boundary=b`, `--b\r\n\r\n${'y'.repeat(70)}\r\n`.repeat(520_000));
    expect(raw.length).toBeGreaterThan(40_000_000);
    expect(await intake.send(raw)).toMatch(/^552 5\.3\.4/);
    const mail = await intake.newest();
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: 'too_large', envelope_sender: OWNER });
    expect(mail.raw_bytes).toBeGreaterThan(36 * 1024 * 1024);
    expect(await intake.send(letter({}))).toMatch(/^250/);
  });
});

describe('a bomb of mails', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: ['@corp.example'], ops: [] },
      trustedClients: ['127.0.0.0/8'],
      limits: { senderHour: 5, agentHour: 8 },
    });
  });
  afterAll(() => intake?.dispose());

  it('of one sender is kept, wakes the agent as often as the limit says, and can be released', async () => {
    const from = 'one@corp.example';
    const write = () => intake.send(letter({ From: from }), { from });
    const answers = await Promise.all(Array.from({ length: 20 }, write));
    expect(answers.every((answer) => answer.startsWith('250'))).toBe(true);
    expect(await intake.jobs()).toBe(5);
    const over = (await intake.mails()).filter((mail) => mail.verdict === 'over_limit');
    expect(over).toHaveLength(15);
    for (const mail of over) {
      expect(mail.reason).toContain('5 mails from one@corp.example in the last hour');
      expect((await intake.raw(mail)).length).toBe(mail.raw_bytes);
    }
    expect(await intake.queue.releaseMail(over[0]?.id ?? '')).toBe('queued');
    expect(await intake.jobs()).toBe(6);
  });

  it('of many senders reaches the agent’s limit, and no other agent’s', async () => {
    for (let index = 0; index < 6; index++) {
      const from = `p${index}@corp.example`;
      expect(await intake.send(letter({ From: from }), { from })).toMatch(/^250/);
    }
    expect((await intake.newest()).reason_code).toBe('agent_limit');
    expect(await intake.send(letter({}), { to: ['ops@agents.example.org'] })).toMatch(/^250/);
    expect((await intake.newest()).verdict).toBe('accepted');
  });

  it('is left to the sending server once a thousand wait', async () => {
    for (let index = 0; index < QUARANTINE_LIMIT; index++) {
      await intake.db
        .insertInto('mails')
        .values(mailRow('id-scout', `<${index}@full>`, { verdict: 'over_limit', state: 'over_limit' }))
        .execute();
    }
    const before = (await intake.mails()).length;
    const from = 'p9@corp.example';
    const files = await intake.rawFiles();
    expect(await intake.send(letter({ From: from }), { from })).toMatch(/^452 4\.2\.2/);
    expect((await intake.mails()).length).toBe(before);
    expect(await intake.rawFiles()).toBe(files);
    expect(intake.log.some((line) => line.includes('mail_deferred') && line.includes('mailbox_full'))).toBe(
      true,
    );
  });
});

describe('the limits', () => {
  let intake: Intake;
  beforeAll(async () => {
    intake = await startIntake({
      agents: { scout: ['@corp.example'] },
      trustedClients: ['127.0.0.0/8'],
      limits: { senderHour: 3, agentHour: 4 },
    });
  });
  afterAll(() => intake?.dispose());
  const codes = async (froms: string[]) => {
    const found = [];
    for (const from of froms) {
      await intake.send(letter({ From: from }), { from });
      found.push((await intake.newest()).reason_code);
    }
    return found;
  };

  it('count a sender with all tags as one, and keep no owner from the agent', async () => {
    expect(
      await codes(['a+1@corp.example', 'a+2@corp.example', 'A@corp.example', 'a+3@corp.example']),
    ).toEqual([...['accepted', 'accepted', 'accepted', 'sender_limit']]);
    expect(await codes(['b@corp.example', 'c@corp.example'])).toEqual(['accepted', 'agent_limit']);
    expect(await codes([OWNER, `owner+x@example.com`])).toEqual(['accepted', 'accepted']);
  });
});

describe('automatic mail', () => {
  it('of a stranger is kept with its beginning only', async () => {
    const intake = await startIntake({ agents: { scout: [] } });
    try {
      const raw = letter({ 'Auto-Submitted': 'auto-replied' }, 'A line of text.\r\n'.repeat(20_000));
      expect(await intake.send(raw, { from: '' })).toMatch(/^250/);
      const mail = await intake.newest();
      expect(mail).toMatchObject({ verdict: 'automatic', raw_bytes: raw.length });
      expect(await intake.raw(mail)).toEqual(raw.subarray(0, 64 * 1024));
    } finally {
      await intake.dispose();
    }
  });
});
