import { describe, expect, it } from 'vitest';
import { parseDisplayName } from './display-name.ts';

describe('the name of an agent in From', () => {
  it.each([
    ['Scout', 'Scout'],
    ['  Scout   of\u00a0Ann ', 'Scout of Ann'],
    ["Zoë's Späher (2), v. 3: Ltd.; no. 7", "Zoë's Späher (2), v. 3: Ltd.; no. 7"],
    ['Zoe\u0308', 'Zo\u00eb'],
    ['斥候 🔭', '斥候 🔭'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['🔭1'.repeat(32), '🔭1'.repeat(32)],
    ['   ', ''],
  ])('may be %j', (text, name) => {
    expect(parseDisplayName(text)).toEqual({ ok: true, name });
  });

  it.each([
    ['ceo@bank.com', 'an @'],
    ['ceo\uff20bank.com', 'an @'],
    ['ceo\ufe6bbank.com', 'an @'],
    ['Bank <ceo', 'angle brackets'],
    ['Bank \uff1cceo', 'angle brackets'],
    ['"Bank"', 'quotes'],
    ['Bank\\', 'quotes'],
    ['=?utf-8?q?ceo=40bank.com?=', '=?'],
    ['Scout\r\nBcc: eve@example.com', 'U+000D'],
    ['Scout\nX: y', 'U+000A'],
    ['Scout\0', 'U+0000'],
    ['Scout\u0085', 'U+0085'],
    ['Scout\u2028', 'U+2028'],
    ['moc.knab\u202e', 'U+202E'],
    ['Sc\u200bout', 'U+200B'],
    ['\u3164', 'U+3164'],
    ['Sc\u00adout', 'U+00AD'],
    ['Scout\ufeff', 'U+FEFF'],
    ['Scout\ud800', 'U+D800'],
    ['\ue000', 'U+E000'],
    ['\u{e0041}', 'U+E0041'],
    ['...', 'neither a letter'],
    ['\u0301\u0301', 'neither a letter'],
    ['x'.repeat(65), '64 characters'],
  ])('is not %j', (text, reason) => {
    expect(parseDisplayName(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});
