import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_OBJECT_LIMITS, parseJsonObject } from './json.ts';

const { depth, values } = JSON_OBJECT_LIMITS;
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const list = (length: number) => `{"z":[${Array(length).fill('{}').join(',')}]}`;

describe('parseJsonObject', () => {
  it.each([
    ['an object', '{"a":[1,"]}{["]}', { a: [1, ']}{['] }],
    ['a byte order mark', '\ufeff{"a":null}', { a: null }],
    ['escaped quotes and backslashes', '{"a\\"[":"\\\\","b":"\\\\\\"{{"}', { 'a"[': '\\', b: '\\"{{' }],
    ['as many levels as may be', nested(depth), JSON.parse(nested(depth))],
    ['brackets in a string', `{"a":"${'['.repeat(100_000)}"}`, { a: '['.repeat(100_000) }],
  ])('parses %s', (_, text, value) => {
    expect(parseJsonObject(text)).toMatchObject({ ok: true, value });
  });

  it.each([
    ['', 'not_an_object'],
    ['[]', 'not_an_object'],
    ['null', 'not_an_object'],
    ['{"a":"', 'not_an_object'],
    ['{"a":"\\', 'not_an_object'],
    [nested(depth + 1), 'too_deep'],
    ['['.repeat(5_000_000), 'not_an_object'],
    [`{"a":${'['.repeat(5_000_000)}`, 'too_deep'],
    ['{"a":'.repeat(4_000_000), 'too_deep'],
    [list(values), 'too_many_values'],
    [`{${','.repeat(values + 1)}`, 'not_an_object'],
    [`[${'0,'.repeat(values)}`, 'not_an_object'],
    [`{"a":[${'0,'.repeat(values)}`, 'too_many_values'],
  ])('refuses %.20s', (text, reason) => {
    expect(parseJsonObject(text)).toEqual({ ok: false, reason });
  });

  it('takes what JSON takes, and what it took can be written again', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (object) => {
        const text = JSON.stringify(object);
        expect(parseJsonObject(text)).toMatchObject({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{}",:\\a1 ]{0,60}$/), (text) => {
        expect(parseJsonObject(text).ok || !parseJsonObject(text).ok).toBe(true);
      }),
    );
  });
});
