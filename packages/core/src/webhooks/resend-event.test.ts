import { describe, expect, it } from 'vitest';
import { addressIn } from './provider-event.ts';
import { listedEvent, parseResendEvent } from './resend-event.ts';

const id = '56761188-7520-42d8-8898-ff6fc54ce618';
const read = (type: string, data: unknown) =>
  parseResendEvent(
    'msg_1',
    new TextEncoder().encode(JSON.stringify({ type, created_at: '2026-02-22T23:41:12.126Z', data })),
  );
const event = (type: string, data: unknown) => {
  const parsed = read(type, data);
  if (!parsed.ok || 'ignored' in parsed) throw new Error(JSON.stringify(parsed));
  return parsed.event;
};

describe('an event of Resend', () => {
  it('tells of a mail that came in, as its documentation shows it', () => {
    const data = {
      email_id: id,
      created_at: '2026-02-22T23:41:11.894719+00:00',
      from: 'Acme <onboarding@resend.dev>',
      to: ['delivered@resend.dev'],
      bcc: [],
      cc: ['b@resend.dev'],
      message_id: '<example+123>',
      subject: 'Sending this example',
      attachments: [{ id: 'x', filename: 'avatar.png' }],
    };
    expect(read('email.received', data)).toEqual({
      ok: true,
      eventId: 'msg_1',
      event: {
        kind: 'received',
        mailId: id,
        recipients: ['delivered@resend.dev', 'b@resend.dev'],
        from: 'Acme <onboarding@resend.dev>',
      },
      raw: null,
    });
    expect(event('email.received', { ...data, received_for: ['c@resend.dev'] })).toMatchObject({
      recipients: ['c@resend.dev'],
    });
  });

  it.each([
    ['email.sent', {}, 'sent'],
    ['email.delivered', {}, 'delivered'],
    ['email.delivery_delayed', {}, 'delayed'],
    ['email.complained', {}, 'complained'],
    ['email.bounced', {}, 'failed'],
    ['email.bounced', { bounce: { type: 'Permanent', subType: 'General', message: 'm' } }, 'failed'],
    ['email.bounced', { bounce: { type: 'Transient', subType: 'General', message: 'm' } }, 'delayed'],
    ['email.bounced', { bounce: { type: 'Undetermined', subType: 'Undetermined', message: 'm' } }, 'delayed'],
    ['email.failed', { failed: { reason: 'm' } }, 'failed'],
    ['email.suppressed', { suppressed: { message: 'm', type: 'OnAccountSuppressionList' } }, 'failed'],
  ])('%s with %j says what happened: %s', (type, more, happened) => {
    expect(event(type, { email_id: id, to: ['a@b.example'], ...more })).toMatchObject({
      kind: 'delivery',
      mailId: id,
      happened,
      at: Date.parse('2026-02-22T23:41:12.126Z'),
    });
  });

  it.each([
    ['no such mailbox', { bounce: { type: 'Permanent', subType: 'NoEmail' } }, ['a@b.example'], true],
    [
      'a bounce of an unknown kind',
      { bounce: { type: 'Permanent', subType: 'General' } },
      ['a@b.example'],
      null,
    ],
    ['the provider’s own list', { suppressed: { type: 'x' } }, ['a@b.example'], true],
    ['one of several', { suppressed: { type: 'x' } }, ['a@b.example', 'c@b.example'], false],
  ])('says whether the address is dead: %s', (_what, more, to, dead) => {
    expect(event('email.bounced', { email_id: id, to, ...more })).toMatchObject({ dead });
  });

  it('gives the Message-ID where it is one', () => {
    const data = { email_id: id, message_id: '0100@email.amazonses.com' };
    expect(event('email.sent', data)).toMatchObject({ messageId: '<0100@email.amazonses.com>' });
    expect(event('email.sent', { ...data, message_id: 'a b\r\nX: y' })).toMatchObject({ messageId: null });
  });

  it.each([['email.opened'], ['contact.created'], ['domain.updated']])('%s is none of ours', (type) =>
    expect(read(type, null)).toEqual({ ok: true, ignored: type }),
  );

  it.each([
    ['email.received', {}],
    ['email.received', null],
    ['email.received', { email_id: '../../domains' }],
    ['email.received', { email_id: 7 }],
    ['email.received', { email_id: id, to: 'not a list' }],
    ['email.bounced', { email_id: `${id}?x=1` }],
  ])('%s with %j is malformed', (type, data) =>
    expect(read(type, data)).toMatchObject({ ok: false, code: 'webhook_malformed' }),
  );

  it.each(['', '[]', 'null', '{"data":{}}', '{"type":1}'])('the text %j is malformed', (text) =>
    expect(parseResendEvent('m', new TextEncoder().encode(text))).toMatchObject({
      code: 'webhook_malformed',
    }),
  );
});

describe('a listed mail', () => {
  it('needs an id that can be asked for', () => {
    expect(listedEvent(id)).toMatchObject({ mailId: id, recipients: [] });
    expect(listedEvent('a/../b')).toBeNull();
  });
});

describe('the address in a mailbox', () => {
  it.each([
    ['a@b.example', 'a@b.example'],
    ['Ann <a@b.example>', 'a@b.example'],
    ['"x <evil@e.example>" <a@b.example> ', 'a@b.example'],
    ['', ''],
  ])('%j is %j', (text, address) => expect(addressIn(text)).toBe(address));
});
