import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathBelowData } from './attachment.ts';
import { parseOutboxMail } from './schema.ts';

const parse = (file: unknown) => parseOutboxMail(JSON.stringify(file));

describe('header injection by an agent', () => {
  const breaks = ['\r\n', '\n', '\r', '\u0000', '\u000b', '\u0085', '\u2028', '\u2029', '\u001b'];
  const places: [string, (text: string) => Record<string, unknown>][] = [
    ['subject', (text) => ({ subject: `Hi${text}Bcc: x@evil.example` })],
    ['to', (text) => ({ to: `a@x.example${text}Bcc: x@evil.example` })],
    ['a name in to', (text) => ({ to: `A${text}Bcc: x@evil.example <a@x.example>` })],
    ['a quoted name', (text) => ({ to: `"A${text}Bcc: x" <a@x.example>` })],
    ['a name object', (text) => ({ cc: [{ address: 'a@x.example', name: `A${text}Bcc: x` }] })],
    ['in_reply_to', (text) => ({ in_reply_to: `<a@b>${text}Bcc: x@evil.example` })],
    ['references', (text) => ({ references: [`<a@b>${text}Bcc: x@evil.example`] })],
    [
      'a file name',
      (text) => ({ attachments: [{ filename: `a${text}Content-Type: text/html`, content: 'aGk=' }] }),
    ],
    ['a path', (text) => ({ attachments: [{ path: `a${text}b` }] })],
  ];

  it.each(places)('is refused in %s', (_place, file) => {
    for (const text of breaks)
      expect(parse({ body: 'x', ...file(text) })).toMatchObject({ ok: false, code: 'outbox_invalid' });
  });

  it.each([
    'ceo@corp.example <x@evil.example> <a@x.example>',
    'Ann\u202e <a@x.example>',
    '=?utf-8?q?x=0d=0aBcc:_y@z?= <a@x.example>',
    `${'x'.repeat(201)} <a@x.example>`,
    'a@x.example>',
    '<a@x.example',
    'Ann <>',
    'staff: a@x.example;',
    '"a@x.example"@evil.example',
  ])('the recipient %j is refused', (to) => {
    expect(parse({ body: 'x', to })).toMatchObject({ ok: false });
  });
});

describe('paths out of /data', () => {
  it.each([
    '',
    '.',
    './',
    '/',
    '/data',
    '/data/',
    '/data/.',
    '..',
    '../x',
    'a/../../x',
    '/data/../etc/passwd',
    '/data/a/..',
    '/etc/passwd',
    '/database/x',
    '//etc/passwd',
    '/data/../data/x',
    '/DATA/x',
    '/proc/self/environ',
    'a/',
    'a\u0000b',
    'a\nb',
    '\ud800',
    'x'.repeat(1001),
  ])('%j is refused', (path) => {
    expect(pathBelowData(path)).toBeNull();
    expect(parse({ body: 'x', attachments: [{ path }] })).toMatchObject({ ok: false });
  });

  it('are never given, whatever the agent wrote', () => {
    const path = fc.oneof(
      fc.string({ unit: fc.constantFrom('/', '..', '.', 'data', 'a', '\\', '~', '\u0000') }),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(path, (text) => {
        const below = pathBelowData(text);
        if (below === null) return;
        expect(below.split('/').every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true);
        expect(pathBelowData(below)).toBe(below);
        expect(pathBelowData(`/data/${below}`)).toBe(below);
      }),
      fuzzRuns(300),
    );
  });
});

describe('file names', () => {
  it.each(['', ' ', '.', '..', 'a/b', '../a', 'a\\b', '\u202egpj.exe', 'a\u0000', 'x'.repeat(201), 7, {}])(
    '%j is refused',
    (filename) => {
      expect(parse({ body: 'x', attachments: [{ filename, content: 'aGk=' }] })).toMatchObject({ ok: false });
    },
  );
});

describe('any file', () => {
  it('is taken or refused with a sentence, and never throws', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.array(fc.jsonValue()),
      fc.constant('a@x.example'),
      fc.constant('<a@b>'),
    );
    const attachment = fc.record({ filename: value, content: value, path: value }, { requiredKeys: [] });
    const file = fc.record(
      {
        to: value,
        cc: value,
        bcc: value,
        subject: value,
        body: fc.oneof(value, fc.constant('x')),
        in_reply_to: value,
        references: value,
        attachments: fc.oneof(value, fc.array(attachment)),
        status: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          file.map((one) => JSON.stringify(one)),
          fc.json(),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const parsed = parseOutboxMail(text);
          if (parsed.ok) {
            expect(parsed.mail.body.trim()).not.toBe('');
            expect(
              `${parsed.mail.subject}${parsed.mail.to?.map(({ address, name }) => address + name)}`,
            ).not.toMatch(/[\p{Cc}]/u);
          } else {
            expect(parsed.reason).toMatch(/^(?:"|The file).*\.$/);
          }
        },
      ),
      fuzzRuns(300),
    );
  });

  it('is refused for its number of recipients, references or attachments before they are read', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => `a${i}@x.example`);
    expect(parse({ body: 'x', to: many })).toMatchObject({ ok: false });
    expect(parse({ body: 'x', references: many })).toMatchObject({ ok: false });
    expect(parse({ body: 'x', attachments: many })).toMatchObject({ ok: false });
  });

  it('can not reach the prototype', () => {
    expect(parseOutboxMail('{"__proto__":{"body":"x","to":"a@x.example"}}')).toMatchObject({ ok: false });
    expect(parseOutboxMail('{"body":"x","__proto__":{"to":"a@x.example"}}')).toMatchObject({
      ok: true,
      mail: { to: null },
    });
    expect(parseOutboxMail('{"body":"x","constructor":{"prototype":{"polluted":true}}}')).toMatchObject({
      ok: true,
    });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('a file of which no record could be written after it was sent', () => {
  it.each([
    ['nested 65 levels deep', `{"body":"x","z":${'['.repeat(64)}${']'.repeat(64)}}`, '64 levels'],
    ['nested ten thousand levels deep', `{"body":"x","z":${'{"a":'.repeat(10_000)}1`, '64 levels'],
    ['full of empty objects', `{"body":"x","z":[${Array(30_000).fill('{}').join(',')}]}`, '20000 values'],
  ])('is refused before it is parsed: %s', (_, text, reason) => {
    const parsed = parseOutboxMail(text);
    expect(parsed).toMatchObject({ ok: false, code: 'outbox_invalid' });
    expect(parsed.ok ? '' : parsed.reason).toContain(reason);
  });
});
