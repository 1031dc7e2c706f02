import { describe, expect, it } from 'vitest';
import { parsePostmarkWebhook } from './postmark-event.ts';

const MessageID = '22c74902-a0c1-4511-804f-341342852c90';
const read = (json: unknown) => parsePostmarkWebhook(new TextEncoder().encode(JSON.stringify(json)));
const inbound = {
  MessageID,
  From: 'ann@example.com',
  ToFull: [{ Email: 'scout@agents.example', Name: '', MailboxHash: '' }],
  CcFull: [{ Email: 'lupo@agents.example' }],
  BccFull: [],
  OriginalRecipient: '',
  RawEmail: 'From: ann@example.com\r\n\r\ngrößer',
};

describe('a webhook of Postmark', () => {
  it('brings a mail with its bytes', async () => {
    expect(await read(inbound)).toEqual({
      ok: true,
      eventId: `Inbound:${MessageID}`,
      event: {
        kind: 'received',
        mailId: MessageID,
        recipients: ['scout@agents.example', 'lupo@agents.example'],
        from: 'ann@example.com',
      },
      raw: new TextEncoder().encode(inbound.RawEmail),
    });
  });

  it('names the envelope’s recipient where Postmark does, one event for each, and hides it in the names', async () => {
    const one = await read({
      ...inbound,
      RecordType: 'Inbound',
      OriginalRecipient: 'scout+t0ken@agents.example',
    });
    const other = await read({ ...inbound, OriginalRecipient: 'lupo@agents.example' });
    if (!one.ok || 'ignored' in one || !other.ok || 'ignored' in other) throw new Error('not read');
    expect(one.event).toMatchObject({ recipients: ['scout+t0ken@agents.example'] });
    expect(one.eventId).not.toBe(other.eventId);
    expect(one.event.mailId).not.toBe(other.event.mailId);
    expect(`${one.eventId} ${one.event.mailId}`).not.toContain('t0ken');
  });

  it('without the raw content can not be taken', async () => {
    const { RawEmail: _, ...rest } = inbound;
    expect(await read(rest)).toMatchObject({ ok: false, code: 'webhook_raw_missing' });
  });

  it.each([
    ['Delivery', { Recipient: 'a@b.example', DeliveredAt: '2026-11-05T16:33:54Z' }, 'delivered', null],
    ['Bounce', { ID: 1, Type: 'HardBounce', Email: 'a@b.example' }, 'failed', true],
    ['Bounce', { ID: 1, Type: 'BadEmailAddress', Email: 'a@b.example' }, 'failed', true],
    ['Bounce', { ID: 1, Type: 'Blocked', Email: 'a@b.example' }, 'failed', false],
    ['Bounce', { ID: 1, Type: 'SoftBounce', Email: 'a@b.example' }, 'delayed', false],
    ['Bounce', { ID: 1, Type: 'Transient', Email: 'a@b.example' }, 'delayed', false],
    ['Bounce', { ID: 1, Type: 'SomethingNew', Email: 'a@b.example' }, 'delayed', false],
    ['Bounce', { ID: 1, Type: 'SpamComplaint', Email: 'a@b.example' }, 'complained', false],
    ['SpamComplaint', { ID: 1, Email: 'a@b.example' }, 'complained', null],
  ])('%s %j says %s', async (RecordType, more, happened, dead) => {
    expect(await read({ RecordType, MessageID, ...more })).toMatchObject({
      event: { kind: 'delivery', mailId: MessageID, happened, dead, recipients: ['a@b.example'] },
    });
  });

  it('tells two people apart, and two bounces of one', async () => {
    const id = async (more: object) => {
      const parsed = await read({ RecordType: 'Delivery', MessageID, ...more });
      return parsed.ok && 'eventId' in parsed ? parsed.eventId : null;
    };
    const ids = [
      await id({ Recipient: 'a@b.example' }),
      await id({ Recipient: 'c@b.example' }),
      await id({ RecordType: 'Bounce', ID: 1, Email: 'a@b.example' }),
      await id({ RecordType: 'Bounce', ID: 2, Email: 'a@b.example' }),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('of another kind is none of ours', async () => {
    expect(await read({ RecordType: 'Open', MessageID })).toEqual({ ok: true, ignored: 'Open' });
  });

  it.each([
    [null],
    [[]],
    ['x'],
    [{ RecordType: 7 }],
    [{ ...inbound, MessageID: '../x' }],
    [{ RecordType: 'Bounce' }],
  ])('%j is malformed', async (json) =>
    expect(await read(json)).toMatchObject({ ok: false, code: 'webhook_malformed' }),
  );
});
