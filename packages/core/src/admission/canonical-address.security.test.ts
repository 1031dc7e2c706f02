import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './canonical-address.ts';

const refused: [string, string][] = [
  ['nothing', ''],
  ['no @', 'ceo'],
  ['no local part', '@corp.example'],
  ['no domain', 'ceo@'],
  ['two @', 'ceo@corp.example@evil.example'],
  ['an @ in a quoted local part', '"ceo@corp.example"@evil.example'],
  ['a quoted local part', '"ceo"@corp.example'],
  ['half a quoted local part', 'ceo."x"@corp.example'],
  ['an escaped @', 'ceo\\@corp.example@evil.example'],
  ['a source route', '@evil.example:ceo@corp.example'],
  ['group syntax', 'staff:ceo@corp.example;'],
  ['a comment', 'ceo(comment)@corp.example'],
  ['a comment in the domain', 'ceo@(evil)corp.example'],
  ['angle brackets', '<ceo@corp.example>'],
  ['a display name', 'CEO <ceo@corp.example>'],
  ['a list', 'ceo@corp.example,x@evil.example'],
  ['an encoded word', '=?utf-8?q?ceo?=@corp.example'],
  ['an encoded word with an encoded @', '=?utf-8?q?ceo=40evil.example?=@corp.example'],
  ['a blank', 'ceo @corp.example'],
  ['a leading blank', ' ceo@corp.example'],
  ['a trailing line feed', 'ceo@corp.example\n'],
  ['a folded line', 'ceo@corp.\r\n example'],
  ['NUL', 'ceo@evil.example\u0000@corp.example'],
  ['NUL in the local part', 'ceo\u0000@corp.example'],
  ['DEL', 'ceo\u007f@corp.example'],
  ['a no-break space', 'ceo\u00a0@corp.example'],
  ['a zero-width space', 'ceo@corp.example\u200b'],
  ['a zero-width joiner', 'ce\u200do@corp.example'],
  ['a soft hyphen', 'ceo@co\u00adrp.example'],
  ['a byte order mark', '\ufeffceo@corp.example'],
  ['a right-to-left override', '\u202eceo@corp.example'],
  ['a bidirectional isolate', 'ceo\u2066@corp.example'],
  ['a word joiner', 'ceo\u2060@corp.example'],
  ['a variation selector', 'ceo\ufe0f@corp.example'],
  ['a combining grapheme joiner', 'ce\u034fo@corp.example'],
  ['a Hangul filler', 'ceo\u3164@corp.example'],
  ['a blank Braille pattern', 'ceo\u2800@corp.example'],
  ['a replacement character', 'ceo\ufffd@corp.example'],
  ['a lone surrogate', 'ceo\ud800@corp.example'],
  ['a private-use character', 'ceo\ue000@corp.example'],
  ['a tag character', 'ceo\u{e0041}@corp.example'],
  ['a full-width dot', 'ceo@corp．example'],
  ['an ideographic dot', 'ceo@corp。example'],
  ['a half-width ideographic dot', 'ceo@corp｡example'],
  ['a one dot leader', 'ceo@corp\u2024example'],
  ['full-width letters', 'ceo@ｃｏｒｐ.example'],
  ['circled letters', 'ceo@ⓒorp.example'],
  ['a full-width local part', 'ｃｅｏ@corp.example'],
  ['a long s', 'bo\u017fs@corp.example'],
  ['a Kelvin sign', '\u212aen@corp.example'],
  ['a decomposed domain', 'ceo@mu\u0308nchen.example'],
  ['a decomposed local part', 'mu\u0308ller@corp.example'],
  ['a leading combining mark', '\u0301ceo@corp.example'],
  ['a leading dot', '.ceo@corp.example'],
  ['a trailing dot', 'ceo.@corp.example'],
  ['two dots', 'ce..o@corp.example'],
  ['a domain with a trailing dot', 'ceo@corp.example.'],
  ['a domain with a leading dot', 'ceo@.corp.example'],
  ['a domain with two dots', 'ceo@corp..example'],
  ['a leading hyphen', 'ceo@-corp.example'],
  ['a trailing hyphen', 'ceo@corp-.example'],
  ['a trailing hyphen at the top', 'ceo@corp.example-'],
  ['an underscore', 'ceo@co_rp.example'],
  ['a single label', 'ceo@localhost'],
  ['an address literal', 'ceo@[192.0.2.1]'],
  ['an IPv6 literal', 'ceo@[IPv6:2001:db8::1]'],
  ['an IP address', 'ceo@192.0.2.1'],
  ['a hexadecimal IP address', 'ceo@0x7f.1'],
  ['an octal IP address', 'ceo@0300.0.0.1'],
  ['a numeric top level', 'ceo@corp.123'],
  ['a port', 'ceo@corp.example:25'],
  ['a path', 'ceo@corp.example/x'],
  ['a slash look-alike', 'ceo@corp.example\u2044x'],
  ['a query', 'ceo@corp.example?x'],
  ['a fragment', 'ceo@corp.example#x'],
  ['a percent-encoded dot', 'ceo@corp%2eexample'],
  ['a percent-encoded letter', 'ceo@c%6frp.example'],
  ['a percent-encoded NUL', 'ceo@corp.example%00'],
  ['a broken A-label', 'ceo@xn--a.example'],
  ['an A-label of ASCII', 'ceo@xn--corp-.example'],
  ['an exclamation mark in the domain', 'ceo@corp!evil.example'],
  ['a local part of 65 bytes', `${'a'.repeat(65)}@corp.example`],
  ['a local part of 65 bytes in UTF-8', `${'é'.repeat(33)}@corp.example`],
  ['a label of 64 bytes', `ceo@${'a'.repeat(64)}.example`],
  [
    'an address of 255 bytes',
    `a@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(53)}.example`,
  ],
  ['a domain of 254 bytes', `a@${'a.'.repeat(123)}examples`],
  ['a megabyte', `${'a'.repeat(1_000_000)}@corp.example`],
];

describe('addresses that two programs could read in two ways', () => {
  it.each(refused)('refuses %s', (_what, text) => {
    expect(canonicalAddress(text)).toEqual({ ok: false, reason: expect.stringMatching(/^[ -~]+\.$/) });
  });

  it('keeps look-alikes apart', () => {
    const plain = canonicalAddress('ceo@corp.example');
    const cyrillic = canonicalAddress('сео@corp.example');
    const cyrillicDomain = canonicalAddress('ceo@сorp.example');
    expect(plain).toMatchObject({ address: 'ceo@corp.example' });
    expect(cyrillic).toMatchObject({ address: 'сео@corp.example' });
    expect(cyrillicDomain).toMatchObject({ address: 'ceo@xn--orp-3ed.example' });
  });

  it('never repeats the text in a reason', () => {
    const result = canonicalAddress('<script>alert(1)</script>@corp.example');
    expect(result).toMatchObject({ ok: false, reason: expect.not.stringContaining('script') });
  });
});
