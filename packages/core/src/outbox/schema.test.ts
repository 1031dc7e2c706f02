import { describe, expect, it } from 'vitest';
import { type ParsedOutboxMail, parseOutboxMail } from './schema.ts';

function parse(file: unknown): ParsedOutboxMail {
  return parseOutboxMail(JSON.stringify(file));
}
function mail(file: Record<string, unknown>) {
  const parsed = parse({ body: 'Hello', ...file });
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.mail;
}
function reason(file: unknown): string {
  const parsed = parse(file);
  return parsed.ok ? 'taken' : parsed.reason;
}
const box = (address: string, name = '') => ({ address, name });

describe('an outbox mail', () => {
  it('needs no more than a body', () => {
    expect(parse({ body: 'Hello' })).toEqual({
      ok: true,
      mail: {
        to: null,
        cc: null,
        subject: null,
        body: 'Hello',
        inReplyTo: null,
        references: null,
        attachments: [],
      },
    });
  });

  it('takes null for absent, ignores what it does not know, and a byte order mark', () => {
    const file = {
      to: null,
      cc: null,
      bcc: null,
      subject: null,
      body: 'x',
      in_reply_to: null,
      references: null,
      attachments: null,
      status: null,
    };
    expect(
      parse({
        ...file,
        from: 'evil@x.example',
        headers: { Bcc: 'x@y.example' },
        log: true,
        log_content: 'x',
      }),
    ).toMatchObject({
      ok: true,
      mail: { to: null, cc: null, subject: null },
    });
    expect(parseOutboxMail('\ufeff{"body":"x","status":"pending"}')).toMatchObject({ ok: true });
  });

  it.each<[unknown, unknown]>([
    ['ann@x.example', [box('ann@x.example')]],
    ['Ann Lee <Ann@X.example>', [box('ann@x.example', 'Ann Lee')]],
    ['"Lee, Ann \\"A\\"" <ann@x.example>', [box('ann@x.example', 'Lee, Ann "A"')]],
    ['<ann@x.example>', [box('ann@x.example')]],
    [
      ['ann@x.example', 'Bob <bob@x.example>'],
      [box('ann@x.example'), box('bob@x.example', 'Bob')],
    ],
    [{ address: 'ann@x.example', name: 'Ann' }, [box('ann@x.example', 'Ann')]],
    [[{ address: 'ann@x.example' }], [box('ann@x.example')]],
    [['ann@x.example', 'ANN@x.example'], [box('ann@x.example')]],
    ['ann@münchen.example', [box('ann@xn--mnchen-3ya.example')]],
    [[], null],
  ])('reads to: %j', (to, boxes) => {
    expect(mail({ to }).to).toEqual(boxes);
  });

  it('tells a list of nobody from no list at all', () => {
    expect([mail({}).cc, mail({ cc: null }).cc, mail({ cc: [] }).cc]).toEqual([null, null, []]);
  });

  it('names nobody twice', () => {
    expect(mail({ to: 'a@x.example', cc: ['A@x.example', 'b@x.example', 'b@x.example'] })).toMatchObject({
      to: [box('a@x.example')],
      cc: [box('b@x.example')],
    });
  });

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{ subject: ' Hello ' }, { subject: 'Hello' }],
    [{ subject: '' }, { subject: null }],
    [{ in_reply_to: 'a@b' }, { inReplyTo: '<a@b>' }],
    [{ references: '<a@b> <c@d>' }, { references: ['<a@b>', '<c@d>'] }],
    [{ references: ['a@b', '<c@d>', '<c@d>'] }, { references: ['<a@b>', '<c@d>'] }],
    [{ references: [] }, { references: [] }],
    [{ body: 'x\ud800' }, { body: 'x\ufffd' }],
  ])('reads %j', (file, read) => {
    expect(mail(file)).toMatchObject(read);
  });

  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { filename: 'a.txt', content: 'aGk=' },
      { filename: 'a.txt', source: 'content', content: new Uint8Array([104, 105]) },
    ],
    [
      { filename: 'a.txt', content: 'aG\r\nk=\n' },
      { filename: 'a.txt', source: 'content', content: new Uint8Array([104, 105]) },
    ],
    [
      { filename: 'empty', content: '' },
      { filename: 'empty', source: 'content', content: new Uint8Array() },
    ],
    [{ path: '/data/out/r.pdf' }, { filename: 'r.pdf', source: 'path', path: 'out/r.pdf' }],
    [
      { path: 'out//./r.pdf', filename: 'Report.pdf' },
      { filename: 'Report.pdf', source: 'path', path: 'out/r.pdf' },
    ],
    [
      { path: './r.pdf', content: null },
      { filename: 'r.pdf', source: 'path', path: 'r.pdf' },
    ],
    [{ path: '..r/...' }, { filename: '...', source: 'path', path: '..r/...' }],
  ])('reads the attachment %j', (attachment, read) => {
    expect(mail({ attachments: [attachment] }).attachments).toEqual([read]);
  });
});

describe('an outbox mail that is refused', () => {
  it.each(['', '{', 'null', '[]', '"x"', '7', '{"body":"x"}}', '[{"body":"x"}]', '['.repeat(100_000)])(
    '%.20j is not JSON of one mail',
    (text) => {
      expect(parseOutboxMail(text)).toMatchObject({
        ok: false,
        code: 'outbox_not_json',
        reason: expect.stringContaining('one JSON object'),
      });
    },
  );

  it.each<[Record<string, unknown>, RegExp]>([
    [{}, /^"body" is missing\. Write/],
    [{ body: ' \n' }, /^"body" is empty\. Write/],
    [{ body: 7 }, /^"body" must be a text/],
    [{ body: 'x'.repeat(1_000_001) }, /^"body" is longer than 1000000 bytes\. Attach/],
    [{ body: 'é'.repeat(500_001) }, /^"body" is longer than 1000000 bytes/],
    [{ body: 'x', to: 'nobody' }, /^"to\[0\]" is not an address that can be used\. The address has no @\.$/],
    [{ body: 'x', to: ['a@x.example', 7] }, /^"to\[1\]" is not an address\. Write "name@example\.com"/],
    [{ body: 'x', to: 'a@x.example, b@x.example' }, /^"to\[0\]" is not an address that can be used/],
    [{ body: 'x', cc: [{ name: 'Ann' }] }, /^"cc\[0\]" is not an address/],
    [
      { body: 'x', to: Array.from({ length: 21 }, (_, i) => `a${i}@x.example`) },
      /^"to" has more than 20 addresses/,
    ],
    [
      {
        body: 'x',
        to: Array.from({ length: 11 }, (_, i) => `a${i}@x.example`),
        cc: Array.from({ length: 10 }, (_, i) => `b${i}@x.example`),
      },
      /^"to" and "cc" have more than 20/,
    ],
    [{ body: 'x', bcc: ['a@x.example'] }, /^"bcc" is not supported\. Move/],
    [{ body: 'x', subject: 7 }, /^"subject" must be a text/],
    [{ body: 'x', subject: 'x'.repeat(901) }, /^"subject" is longer than 900/],
    [{ body: 'x', in_reply_to: 'not an id' }, /^"in_reply_to" must be one Message-ID/],
    [{ body: 'x', in_reply_to: ['<a@b>'] }, /^"in_reply_to" must be one Message-ID/],
    [{ body: 'x', references: [7] }, /^"references\[0\]" must be Message-IDs/],
    [
      { body: 'x', references: Array.from({ length: 201 }, () => '<a@b>') },
      /^"references" has more than 200/,
    ],
    [{ body: 'x', status: 'draft' }, /^"status" must be "pending"/],
    [{ body: 'x', attachments: 'a.txt' }, /^"attachments" must be a list/],
    [{ body: 'x', attachments: ['a.txt'] }, /^"attachments\[0\]" must be an object/],
    [{ body: 'x', attachments: [{ path: 'a' }, {}] }, /^"attachments\[1\]" must have either/],
    [
      { body: 'x', attachments: [{ filename: 'a', content: 'aGk=', path: 'a' }] },
      /^"attachments\[0\]" must have either/,
    ],
    [{ body: 'x', attachments: [{ content: 'aGk=' }] }, /^"attachments\[0\]\.filename" must be/],
    [
      { body: 'x', attachments: Array.from({ length: 21 }, () => ({ path: 'a' })) },
      /^"attachments" has more than 20 files/,
    ],
  ])('%.80j says what, where and what to do', (file, sentence) => {
    expect(reason(file)).toMatch(sentence);
    expect(parse(file)).toMatchObject({ code: 'outbox_invalid' });
  });

  it.each([
    'aGk',
    'aGk=\u0000',
    'a===',
    '=',
    'aG k=',
    'aG-_',
    'aGk=aGk=',
    'data:text/plain;base64,aGk=',
    7,
    ['aGk='],
    true,
  ])('has the content %j, which is no base64', (content) => {
    expect(reason({ body: 'x', attachments: [{ filename: 'a', content }] })).toMatch(
      /^"attachments\[0\]\.content" is not valid base64\. Encode/,
    );
  });

  it('has more attached bytes than a mail can carry', () => {
    const content = 'A'.repeat(12_000_000);
    expect(
      reason({
        body: 'x',
        attachments: [
          { filename: 'a', content },
          { filename: 'b', content },
        ],
      }),
    ).toMatch(/larger than 17000000 bytes together/);
  });
});
