import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { jsonBody } from './body.ts';
import { jsonExcess } from './json-shape.ts';

const nested = (open: string, middle: string, close: string, depth: number) =>
  open.repeat(depth) + middle + close.repeat(depth);

describe('the shape of a JSON body', () => {
  it.each([
    ['lists', nested('[', '', ']', 33)],
    ['objects', nested('{"a":', '1', '}', 33)],
    ['half a million lists that never end', '['.repeat(500_000)],
  ])('may not be as deep as %s', (_, text) => {
    expect(jsonExcess(text)).toContain('nested deeper');
  });

  it.each([
    ['numbers', `[${'0,'.repeat(10_000)}0]`],
    ['empty objects', `[${'{},'.repeat(10_000)}{}]`],
    ['names', `{${Array.from({ length: 10_001 }, (_, at) => `"a${at}":0`).join(',')}}`],
  ])('may not have so many %s', (_, text) => {
    expect(jsonExcess(text)).toContain('10000 values');
  });

  it.each([
    ['a name', `{"${'x'.repeat(257)}":1}`],
    ['a name with blanks behind it', `{"${'x'.repeat(257)}" \n\t :1}`],
    ['a name of escapes', `{"${'\\"'.repeat(200)}":1}`],
    ['a second name', `{"a":"b","${'x'.repeat(300)}":1}`],
  ])('may not be as long as %s', (_, text) => {
    expect(jsonExcess(text)).toContain('256 characters');
  });

  it.each([
    ['nothing', ''],
    ['what is no JSON', '{"a'],
    ['commas, which are no JSON', ','.repeat(10_000)],
    ['the deepest that is taken', nested('[', '', ']', 32)],
    ['brackets in a text', `{"a":"${'['.repeat(100)}"}`],
    ['quotes and commas in a text', JSON.stringify({ a: '",'.repeat(20_000) })],
    ['a text that ends with backslashes', JSON.stringify({ a: '\\'.repeat(5001), b: '[[' })],
    ['a long text', JSON.stringify({ content: 'x'.repeat(1_000_000) })],
    [
      '200 files',
      JSON.stringify({ files: Array.from({ length: 200 }, () => ({ path: 'a', content: 'b' })) }),
    ],
  ])('takes %s', (_, text) => {
    expect(jsonExcess(text)).toBeNull();
  });

  it('is looked at before a body is parsed', () => {
    const kind = jsonBody(v.record(v.string(), v.unknown()));
    const parse = (text: string) => kind.parse(new TextEncoder().encode(text), 'application/json');
    expect(parse(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).toEqual({
      ok: false,
      code: 'invalid_request',
      detail: 'The body is nested deeper than 32 levels.',
    });
    expect(parse('{"a":[1]}')).toEqual({ ok: true, body: { a: [1] } });
  });
});
