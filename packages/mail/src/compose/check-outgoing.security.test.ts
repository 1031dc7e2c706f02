/** Header injection: an agent writes these values, and none of them may become a header of its own. */
import { describe, expect, it } from 'vitest';
import type { OutgoingMail } from '../contract/mail.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { refuseOutgoing } from './check-outgoing.ts';

const file = { filename: 'a.txt', contentType: 'text/plain', content: new Uint8Array() };
const to = (address: string, name = '') => ({ to: [{ address, name }] });

describe('refuseOutgoing', () => {
  it('lets an ordinary mail through', () => {
    expect(refuseOutgoing(outgoing({ attachments: [file] }))).toBeNull();
    expect(refuseOutgoing(outgoing(to("o'brien+tag@sub.example.co.uk", 'Ünï, "quoted" <x>')))).toBeNull();
    expect(
      refuseOutgoing(outgoing({ attachments: [{ ...file, contentType: 'text/html; charset=utf-8' }] })),
    ).toBeNull();
  });

  it.each<[string, Partial<OutgoingMail>]>([
    ['a line break in the subject', { subject: 'x\r\nBcc: eve@evil.test' }],
    ['a bare LF in the subject', { subject: 'x\nBcc: eve@evil.test' }],
    ['a bare CR in the subject', { subject: 'x\rBcc: eve@evil.test' }],
    ['NUL in the subject', { subject: 'x\0' }],
    ['U+2028 in the subject', { subject: 'x\u2028y' }],
    ['NEL in the subject', { subject: 'x\x85y' }],
    ['an endless subject', { subject: 'x'.repeat(3000) }],
    ['a line break in a name', to('ann@example.com', 'Ann\r\nBcc: eve@evil.test')],
    ['a line break in an address', to('ann@example.com\r\nBcc: eve@evil.test')],
    ['two addresses in one', to('ann@example.com, eve@evil.test')],
    ['an address with a name', to('Ann <ann@example.com>')],
    ['a quoted local part', to('"ann eve"@example.com')],
    ['a comment', to('ann(eve)@example.com')],
    ['a source route', to('@evil.test:ann@example.com')],
    ['two at signs', to('ann@evil.test@example.com')],
    ['a group', to('team:ann@example.com;')],
    ['an address literal', to('ann@[192.0.2.1]')],
    ['no domain', to('ann')],
    ['an empty address', to('')],
    ['nobody', { to: [], cc: [] }],
    ['a line break in Reply-To', { replyTo: { address: 'a@b.example\r\nBcc: eve@evil.test', name: '' } }],
    ['a line break in its name', { replyTo: { address: 'a@b.example', name: 'a\r\nBcc: eve@evil.test' } }],
    ['a line break in a reference', { references: ['<a@b>', '<c@d>\r\nBcc: eve@evil.test'] }],
    ['a second id in In-Reply-To', { inReplyTo: '<a@b> <c@d>' }],
    ['a message id without brackets', { messageId: 'a@b' }],
    ['a footer of two lines', { footer: 'a\nb' }],
    ['a line break in a file name', { attachments: [{ ...file, filename: 'a"\r\nX: y' }] }],
    ['an empty file name', { attachments: [{ ...file, filename: '' }] }],
    ['a line break in a content type', { attachments: [{ ...file, contentType: 'text/plain\r\nX: y' }] }],
    ['a boundary of its own', { attachments: [{ ...file, contentType: 'multipart/mixed' }] }],
    ['a content type that is none', { attachments: [{ ...file, contentType: 'plain' }] }],
    ['a date that is none', { date: Number.NaN }],
  ])('refuses %s', (_, change) => {
    expect(refuseOutgoing(outgoing(change))).toMatch(/\w/);
  });
});
