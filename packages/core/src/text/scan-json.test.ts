import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonPath, type JsonValue, scanJson } from './json.ts';

const LIMITS = { depth: 200, values: 500_000 };

/** Every value as `path kind text`, or null when it is no JSON. */
function scan(text: string, cuts: number[] = []): string[] | null {
  const seen: string[] = [];
  const scanner = scanJson((path: JsonPath, value: JsonValue) => {
    seen.push(`${path.join('.')} ${value.kind} ${value.text}`);
  }, LIMITS);
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  for (const [index, start] of places.entries()) scanner.push(text.slice(start, places[index + 1]));
  return scanner.end().ok ? seen : null;
}

/** How many values a parsed text holds. */
function values(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 1;
  return 1 + Object.values(json).reduce<number>((sum, one) => sum + values(one), 0);
}

describe('scanning JSON', () => {
  it('tells every value with its path, also where names and values are written with escapes', () => {
    expect(scan('{"\\u006dodel":"a\\u0062\\n","list":[1,-2.5e3,[true,null],{"x":{}}],"é":"ü"}')).toEqual([
      ' object null',
      'model string ab\n',
      'list array null',
      'list.* number 1',
      'list.* number -2.5e3',
      'list.* array null',
      'list.*.* literal true',
      'list.*.* literal null',
      'list.* object null',
      'list.*.x object null',
      'é string ü',
    ]);
  });

  it('tells both members of the same name', () => {
    expect(scan('{"model":"a","model":"b"}')).toEqual([' object null', 'model string a', 'model string b']);
  });

  it('reads what JSON.parse reads, wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.array(fc.nat(500), { maxLength: 6 }), (text, cuts) => {
        expect(scan(text, cuts)).toHaveLength(values(JSON.parse(text)));
      }),
    );
  });

  it('takes nothing that JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '.',
      'true',
      'nul',
      '\\',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        expect(scan(text) !== null).toBe(parses);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{/*x*/}'],
    ['NaN', '{"a":NaN}'],
    ['something behind it', '{} {}'],
    ['a bare control character in a name', '{"\n":1}'],
    ['nothing', ''],
    ['a text that is cut', '{"a":"b'],
    ['too deep a nesting', `${'['.repeat(201)}${']'.repeat(201)}`],
    ['more values than any request has', `[${'"",'.repeat(500_000)}0]`],
  ])('refuses %s', (_what, text) => {
    expect(scan(text)).toBeNull();
  });

  it('keeps no long text', () => {
    expect(scan(JSON.stringify({ ['n'.repeat(300)]: 'v'.repeat(300) }))).toEqual([
      ' object null',
      '… string null',
    ]);
  });
});

it.each([
  ['{"a":\n opus}', 7],
  ['{"a" 1}', 5],
  ['[1,]', 3],
  ['{"a":1} x', 8],
  ['{"a":"b', 7],
  ['', 0],
  ['[1,2', 4],
  ['tru', 0],
])('says where %s is broken, in one piece or many', (text, at) => {
  for (const pieces of [[text], [...text]]) {
    const scanner = scanJson(() => {}, { depth: 10, values: 100 });
    for (const piece of pieces) scanner.push(piece);
    expect(scanner.end()).toMatchObject({ ok: false, reason: 'not_json', at });
  }
});
