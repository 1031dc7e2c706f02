import { describe, expect, it } from 'vitest';
import { addressOutboxMail, type IncomingMail, replyTo } from './reply.ts';
import type { OutboxMail } from './schema.ts';

const incoming: IncomingMail = {
  sender: 'ceo+x@corp.example',
  senderName: ' The CEO ',
  subject: 'AW: Prices',
  messageId: '<2@corp.example>',
  inReplyTo: '<1@agents.example>',
  references: ['<0@corp.example>', '<1@agents.example>'],
  others: ['ann@team.example'],
};
const thread = {
  inReplyTo: '<2@corp.example>',
  references: ['<0@corp.example>', '<1@agents.example>', '<2@corp.example>'],
};
const ceo = { address: 'ceo+x@corp.example', name: 'The CEO' };
const ann = { address: 'ann@team.example', name: '' };
const bob = { address: 'bob@team.example', name: '' };

function outbox(over: Partial<OutboxMail> = {}): OutboxMail {
  return {
    to: null,
    cc: null,
    subject: null,
    body: 'x',
    inReplyTo: null,
    references: null,
    attachments: [],
    ...over,
  };
}

describe('replyTo', () => {
  it('answers the authenticated sender in the thread', () => {
    expect(replyTo(incoming)).toEqual({ to: [ceo], cc: [], subject: 'AW: Prices', ...thread, answers: true });
  });

  it.each(['CEO\r\nBcc: x@y.example', 'CEO\u202e', 'x'.repeat(201)])(
    'leaves out the unsafe name %j',
    (senderName) => {
      expect(replyTo({ ...incoming, senderName }).to).toEqual([{ address: ceo.address, name: '' }]);
    },
  );
});

describe('addressOutboxMail', () => {
  it('answers the sender when the agent named nobody', () => {
    expect(addressOutboxMail(outbox(), incoming)).toEqual(replyTo(incoming));
  });

  it('copies in the people whom it is given', () => {
    expect(addressOutboxMail(outbox({ subject: 'Done' }), incoming, [ann])).toEqual({
      ...replyTo(incoming),
      cc: [ann],
      subject: 'Done',
    });
  });

  it.each<[string, Partial<OutboxMail>]>([
    ['names its recipients', { to: [ceo] }],
    ['names its copies', { cc: [bob] }],
    ['wants nobody copied', { cc: [] }],
    ['answers another mail', { inReplyTo: '<9@corp.example>' }],
  ])('copies in nobody on its own where the agent %s', (_, over) => {
    expect(addressOutboxMail(outbox(over), incoming, [ann])).toEqual(
      addressOutboxMail(outbox(over), incoming),
    );
    expect(JSON.stringify(addressOutboxMail(outbox(over), incoming, [ann]))).not.toContain(ann.address);
  });

  it("keeps the agent's own subject and copies in the thread", () => {
    expect(addressOutboxMail(outbox({ subject: 'Done', cc: [bob] }), incoming)).toEqual({
      to: [ceo],
      cc: [bob],
      subject: 'Done',
      ...thread,
      answers: true,
    });
  });

  it.each([
    ['to', { to: [{ ...ceo, name: '' }, bob] }],
    ['cc', { to: [bob], cc: [{ ...ceo, name: '' }] }],
  ])('answers in the thread with the sender in %s', (_where, over) => {
    expect(addressOutboxMail(outbox(over), incoming)).toMatchObject({
      ...over,
      subject: 'AW: Prices',
      ...thread,
      answers: true,
    });
  });

  it('starts a thread of its own to others', () => {
    expect(addressOutboxMail(outbox({ to: [bob] }), incoming)).toEqual({
      to: [bob],
      cc: [],
      subject: 'AW: Prices',
      inReplyTo: null,
      references: [],
      answers: false,
    });
    expect(addressOutboxMail(outbox({ to: [bob] }), { ...incoming, subject: '' }).subject).toBe(
      '(no subject)',
    );
  });

  it('begins a thread of its own for a mail to the sender with another subject', () => {
    expect(addressOutboxMail(outbox({ to: [ceo], subject: 'Weekly report' }), incoming)).toMatchObject({
      to: [ceo],
      subject: 'Weekly report',
      inReplyTo: null,
      references: [],
      answers: false,
    });
  });

  it('puts a mail where the agent wants it', () => {
    const mail = outbox({
      to: [bob],
      subject: 'Re: Other',
      inReplyTo: '<9@team.example>',
      references: ['<8@team.example>'],
    });
    expect(addressOutboxMail(mail, incoming)).toMatchObject({
      inReplyTo: '<9@team.example>',
      references: ['<8@team.example>', '<9@team.example>'],
      answers: false,
    });
    const toSender = outbox({ inReplyTo: '<9@corp.example>' });
    expect(addressOutboxMail(toSender, incoming)).toMatchObject({
      to: [ceo],
      inReplyTo: '<9@corp.example>',
      references: ['<9@corp.example>'],
      answers: true,
    });
  });

  it('uses the whole thread where the agent named the mail it was given', () => {
    expect(
      addressOutboxMail(outbox({ inReplyTo: '<2@corp.example>', references: ['<x@y>'] }), incoming),
    ).toMatchObject(thread);
  });

  it('does not copy in somebody twice', () => {
    expect(addressOutboxMail(outbox({ cc: [{ ...ceo, name: '' }, bob] }), incoming)).toMatchObject({
      to: [ceo],
      cc: [bob],
    });
  });

  it('keeps the limits of References', () => {
    const references = Array.from({ length: 100 }, (_, i) => `<${i}@x.example>`);
    expect(
      addressOutboxMail(outbox({ to: [bob], inReplyTo: '<100@x.example>', references }), incoming).references,
    ).toHaveLength(20);
  });
});
