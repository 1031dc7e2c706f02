/** Mails that are made to choke a server, and too many mails. */

import { mailRow } from '@tinyfat/contracts/mail-row';
import { QUARANTINE_LIMIT } from '@tinyfat/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, letter, OWNER, startDoor } from '../support/door.ts';

const bomb = (type: string, body: string) => letter({ 'Content-Type': type, 'MIME-Version': '1.0' }, body);

describe('one mail that is a bomb', () => {
  let door: Door;
  beforeAll(async () => {
    door = await startDoor({ agents: { scout: [] }, trustedClients: ['127.0.0.0/8'] });
  });
  afterAll(() => door?.dispose());

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
    expect(await door.send(raw)).toMatch(/^55[24] 5\./);
    const mail = await door.newest();
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: code, raw_bytes: raw.length });
    expect(await door.raw(mail)).toEqual(raw.subarray(0, 64 * 1024));
  });

  it('of 40 MB in one boundary is refused with its row, and the next mail is taken', async () => {
    const raw = bomb(`multipart/mixed; boundary=b`, `--b\r\n\r\n${'y'.repeat(70)}\r\n`.repeat(520_000));
    expect(raw.length).toBeGreaterThan(40_000_000);
    expect(await door.send(raw)).toMatch(/^552 5\.3\.4/);
    const mail = await door.newest();
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: 'too_large', envelope_sender: OWNER });
    expect(mail.raw_bytes).toBeGreaterThan(36 * 1024 * 1024);
    expect(await door.send(letter({}))).toMatch(/^250/);
  });
});

describe('a bomb of mails', () => {
  let door: Door;
  beforeAll(async () => {
    door = await startDoor({
      agents: { scout: ['@corp.example'], ops: [] },
      trustedClients: ['127.0.0.0/8'],
      limits: { senderHour: 5, agentHour: 8 },
    });
  });
  afterAll(() => door?.dispose());

  it('of one sender is kept, wakes the agent as often as the limit says, and can be released', async () => {
    const from = 'one@corp.example';
    const write = () => door.send(letter({ From: from }), { from });
    const answers = await Promise.all(Array.from({ length: 20 }, write));
    expect(answers.every((answer) => answer.startsWith('250'))).toBe(true);
    expect(await door.jobs()).toBe(5);
    const over = (await door.mails()).filter((mail) => mail.verdict === 'over_limit');
    expect(over).toHaveLength(15);
    for (const mail of over) {
      expect(mail.reason).toContain('5 mails from one@corp.example in the last hour');
      expect((await door.raw(mail)).length).toBe(mail.raw_bytes);
    }
    expect(await door.queue.releaseMail(over[0]?.id ?? '')).toBe('queued');
    expect(await door.jobs()).toBe(6);
  });

  it('of many senders reaches the agent’s limit, and no other agent’s', async () => {
    for (let index = 0; index < 6; index++) {
      const from = `p${index}@corp.example`;
      expect(await door.send(letter({ From: from }), { from })).toMatch(/^250/);
    }
    expect((await door.newest()).reason_code).toBe('agent_limit');
    expect(await door.send(letter({}), { to: ['ops@agents.example.org'] })).toMatch(/^250/);
    expect((await door.newest()).verdict).toBe('accepted');
  });

  it('is left to the sending server once a thousand wait', async () => {
    for (let index = 0; index < QUARANTINE_LIMIT; index++) {
      await door.db
        .insertInto('mails')
        .values(mailRow('id-scout', `<${index}@full>`, { verdict: 'over_limit', state: 'over_limit' }))
        .execute();
    }
    const before = (await door.mails()).length;
    const from = 'p9@corp.example';
    const files = await door.rawFiles();
    expect(await door.send(letter({ From: from }), { from })).toMatch(/^452 4\.2\.2/);
    expect((await door.mails()).length).toBe(before);
    expect(await door.rawFiles()).toBe(files);
    expect(door.log.some((line) => line.includes('mail_deferred') && line.includes('mailbox_full'))).toBe(
      true,
    );
  });
});

describe('the limits', () => {
  let door: Door;
  beforeAll(async () => {
    door = await startDoor({
      agents: { scout: ['@corp.example'] },
      trustedClients: ['127.0.0.0/8'],
      limits: { senderHour: 3, agentHour: 4 },
    });
  });
  afterAll(() => door?.dispose());
  const codes = async (froms: string[]) => {
    const found = [];
    for (const from of froms) {
      await door.send(letter({ From: from }), { from });
      found.push((await door.newest()).reason_code);
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
    const door = await startDoor({ agents: { scout: [] } });
    try {
      const raw = letter({ 'Auto-Submitted': 'auto-replied' }, 'A line of text.\r\n'.repeat(20_000));
      expect(await door.send(raw, { from: '' })).toMatch(/^250/);
      const mail = await door.newest();
      expect(mail).toMatchObject({ verdict: 'automatic', raw_bytes: raw.length });
      expect(await door.raw(mail)).toEqual(raw.subarray(0, 64 * 1024));
    } finally {
      await door.dispose();
    }
  });
});
