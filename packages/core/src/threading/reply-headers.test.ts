import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replyHeaders } from './reply-headers.ts';

describe('replyHeaders', () => {
  it.each([
    [
      'a first mail',
      { messageId: '<1@x>', inReplyTo: null, references: [] },
      { inReplyTo: '<1@x>', references: ['<1@x>'] },
    ],
    [
      'a second mail',
      { messageId: '<2@x>', inReplyTo: '<1@x>', references: ['<1@x>'] },
      { inReplyTo: '<2@x>', references: ['<1@x>', '<2@x>'] },
    ],
    [
      'a mail with In-Reply-To only',
      { messageId: '<2@x>', inReplyTo: '<1@x>', references: [] },
      { inReplyTo: '<2@x>', references: ['<1@x>', '<2@x>'] },
    ],
    [
      'a mail without an id',
      { messageId: null, inReplyTo: null, references: ['<1@x>'] },
      { inReplyTo: null, references: ['<1@x>'] },
    ],
    [
      'a mail with nothing',
      { messageId: null, inReplyTo: null, references: [] },
      { inReplyTo: null, references: [] },
    ],
    [
      'doubled ids',
      { messageId: '<2@x>', inReplyTo: null, references: ['<1@x>', '<1@x>', '<2@x>'] },
      { inReplyTo: '<2@x>', references: ['<1@x>', '<2@x>'] },
    ],
    [
      'its own id first',
      { messageId: '<2@x>', inReplyTo: null, references: ['<2@x>', '<1@x>'] },
      { inReplyTo: '<2@x>', references: ['<1@x>', '<2@x>'] },
    ],
    [
      'malformed ids',
      { messageId: '<2@x>\r\nBcc: a@b', inReplyTo: null, references: ['<a b@c>', '<1@x>', 'x\ny@z'] },
      { inReplyTo: null, references: ['<1@x>'] },
    ],
  ])('answers %s', (_what, parent, headers) => {
    expect(replyHeaders(parent)).toEqual(headers);
  });

  it('keeps the first id and the newest ones', () => {
    const references = Array.from({ length: 300 }, (_, i) => `<${i}@x>`);
    const headers = replyHeaders({ messageId: '<300@x>', inReplyTo: null, references });
    expect(headers.references).toHaveLength(20);
    expect(headers.references[0]).toBe('<0@x>');
    expect(headers.references.slice(-2)).toEqual(['<299@x>', '<300@x>']);
  });

  it('answers ids of any length that real programs make, and lets the first go where it is too long beside the parent', () => {
    const long = (name: string, length: number) => `<${name.repeat(length - 4)}@x>`;
    const parent = { messageId: long('p', 500), inReplyTo: null, references: [long('r', 300), '<1@x>'] };
    expect(replyHeaders(parent)).toEqual({
      inReplyTo: long('p', 500),
      references: [long('r', 300), '<1@x>', long('p', 500)],
    });
    expect(replyHeaders({ ...parent, references: [long('r', 400), '<1@x>'] }).references).toEqual([
      long('p', 500),
    ]);
  });

  it('counts the blanks between ids: 850 characters fit, 851 lose the second id', () => {
    const id = (index: number, length: number) => `<${String(index).padStart(length - 4, '0')}@x>`;
    const ids = Array.from({ length: 16 }, (_, index) => id(index + 1, 49));
    const exact = replyHeaders({ messageId: null, inReplyTo: null, references: [id(0, 50), ...ids] });
    expect(exact.references.join(' ')).toHaveLength(850);
    const over = replyHeaders({ messageId: null, inReplyTo: null, references: [id(0, 51), ...ids] });
    expect(over.references).toEqual([id(0, 51), ...ids.slice(1)]);
  });

  it('keeps both limits, well-formed ids, the first one and the parent, for any parent', () => {
    const id = fc.oneof(fc.stringMatching(/^<[a-z0-9]{1,800}@[a-z]{1,15}>$/), fc.string({ unit: 'binary' }));
    const parent = fc.record({
      messageId: fc.option(id),
      inReplyTo: fc.option(id),
      references: fc.array(id, { maxLength: 60 }),
    });
    fc.assert(
      fc.property(parent, (headers) => {
        const reply = replyHeaders(headers);
        expect(reply.references.length).toBeLessThanOrEqual(20);
        expect(reply.references.join(' ').length).toBeLessThanOrEqual(850);
        for (const reference of reply.references) expect(reference).toMatch(/^<[!-~]+@[!-~]+>$/);
        expect(new Set(reply.references).size).toBe(reply.references.length);
        if (reply.inReplyTo !== null) expect(reply.references.at(-1)).toBe(reply.inReplyTo);
      }),
    );
  });
});
