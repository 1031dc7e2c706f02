import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeText } from './charset.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ascii = (text: string) => Buffer.from(text, 'latin1');

/** Whole sentences, as people write them. */
const samples: Record<string, string> = {
  western: 'Grüße aus Köln: „schön“ – 5 € für Zoë, à bientôt, ¿qué?',
  czech: 'Příliš žluťoučký kůň úpěl ďábelské ódy.',
  russian: 'Съешь же ещё этих мягких французских булок, да выпей чаю.',
  greek: 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.',
  turkish: 'Pijamalı hasta yağız şoföre çabucak güvendi.',
  hebrew: 'דג סקרן שט בים מאוכזב ולפתע מצא חברה',
  arabic: 'نص حكيم له سر قاطع وذو شأن عظيم',
  thai: 'เป็นมนุษย์สุดประเสริฐเลิศคุณค่า แบบ',
  japanese: '色は匂へど散りぬるを、我が世誰ぞ常ならむ。アイウエオ',
  chinese: '你好，世界。请看附件里的文件，谢谢！',
  traditional: '您好，請查收附件，謝謝您的來信。',
  korean: '안녕하세요. 첨부 파일을 확인해 주세요. 뷁',
};

/** What the label says and the bytes are. */
const labelled: [string, keyof typeof samples][] = [
  ['windows-1252', 'western'],
  ['windows-1250', 'czech'],
  ['iso-8859-2', 'czech'],
  ['cp852', 'czech'],
  ['windows-1251', 'russian'],
  ['koi8-r', 'russian'],
  ['cp866', 'russian'],
  ['iso-8859-5', 'russian'],
  ['iso-8859-7', 'greek'],
  ['cp737', 'greek'],
  ['iso-8859-9', 'turkish'],
  ['cp857', 'turkish'],
  ['windows-1255', 'hebrew'],
  ['windows-1256', 'arabic'],
  ['tis-620', 'thai'],
  ['windows-874', 'thai'],
  ['shift_jis', 'japanese'],
  ['euc-jp', 'japanese'],
  ['gb2312', 'chinese'],
  ['gbk', 'chinese'],
  ['gb18030', 'chinese'],
  ['big5', 'traditional'],
  ['cp949', 'korean'],
  ['ks_c_5601-1987', 'korean'],
  ['utf-16le', 'japanese'],
  ['utf-16be', 'korean'],
];

describe('a true label', () => {
  it.each(labelled)('%s', (label, sample) => {
    const text = samples[sample] ?? '';
    const encoded = iconv.encode(text, label === 'ks_c_5601-1987' ? 'cp949' : label);
    expect(decodeText(encoded, label)).toBe(text);
    expect(decodeText(encoded, ` "X-${label.toUpperCase()}" `.replace('X-', ''))).toBe(text);
  });

  it.each([
    ['cp850', '81 84 94 e1', 'üäöß'],
    ['ibm437', '9b 9d e1', '¢¥ß'],
    ['cp858', 'd5', '€'],
    ['viscii', '41 e4', 'Aả'],
    ['iso-8859-15', 'a4', '€'],
    ['macintosh', '8e', 'é'],
    ['iso-2022-jp', '1b 24 42 24 22 1b 28 42 21', 'あ!'],
    ['iso-2022-jp-ms', '1b 24 42 24 22 1b 28 42 21', 'あ!'],
    ['cp50221', '1b 24 42 24 22 1b 28 42 21', 'あ!'],
    ['iso-2022-kr', '1b 24 29 43 61 0e 3e 48 33 67 0f 62', 'a안녕b'],
    ['hz-gb-2312', '7e 7b 3a 43 7e 7d 7e 7e 61 7e 0a 62', '好~ab'],
    ['utf-8', 'ef bb bf c3 a9', 'é'],
    ['utf-16', 'ff fe e9 00', 'é'],
    ['utf-16', 'fe ff 00 e9', 'é'],
    [null, 'ff fe e9 00', 'é'],
  ])('%s: %s', (label, hex, text) => {
    expect(decodeText(bytes(hex), label)).toBe(text);
  });

  it('UTF-7, where the text of a body is read and nowhere else', () => {
    const written = ascii('Gr+APwA3w-e +AGA-x +- 1 < 2');
    expect(decodeText(written, 'utf-7', { utf7: true })).toBe('Grüße `x + 1 < 2');
    expect(decodeText(written, 'unicode-1-1-utf-7', { utf7: true })).toBe('Grüße `x + 1 < 2');
    expect(decodeText(written, 'utf-7')).toBe('Gr+APwA3w-e +AGA-x +- 1 < 2');
  });

  it('pairs end with their line in HZ and ISO-2022-KR, so that a lost end spoils no more', () => {
    expect(decodeText(ascii('~{:C\nplain'), 'hz')).toBe('好\nplain');
    expect(decodeText(ascii('\x1b$)C\x0e>H\nplain'), 'iso-2022-kr')).toBe('안\nplain');
  });
});

describe('UTF-8 under another label', () => {
  const labels =
    'us-ascii iso-8859-1 windows-1252 windows-1251 koi8-r iso-8859-2 windows-1256 cp850 utf-7 hz iso-2022-kr x-klingon 8bit'.split(
      ' ',
    );
  it.each(labels)('%s', (label) => {
    for (const text of Object.values(samples)) expect(decodeText(Buffer.from(text), label)).toBe(text);
    expect(decodeText(Buffer.from('a naïve café'), label)).toBe('a naïve café');
  });

  const wide = 'gb2312 gbk gb18030 big5 shift_jis euc-jp euc-kr utf-16 iso-2022-jp'.split(' ');
  it.each(wide)('%s', (label) => {
    for (const text of [samples.japanese, samples.chinese, samples.traditional, samples.korean]) {
      expect(decodeText(Buffer.from(text ?? ''), label)).toBe(text);
    }
  });
});

describe('short words in charsets whose pairs may be valid UTF-8', () => {
  it.each([
    ['gbk', '联通'],
    ['gbk', '模 块'],
    ['gb2312', '学习'],
    ['shift_jis', 'テスト'],
    ['shift_jis', '図'],
    ['euc-kr', '확인'],
    ['big5', '請'],
    ['tis-620', 'แบบ'],
    ['cp866', 'ран'],
  ])('%s: %s', (label, text) => {
    expect(decodeText(iconv.encode(text, label), label)).toBe(text);
  });
});

describe('what is no UTF-8, under that name or none', () => {
  it.each(['utf-8', 'UTF8', 'us-ascii', null, 'x-unknown'])('is windows-1252: %s', (label) => {
    expect(decodeText(ascii('caf\xe9 \x93x\x94 \x80'), label)).toBe('café “x” €');
  });

  it('keeps the UTF-8 beside it', () => {
    const mail = Buffer.concat([Buffer.from('Grüße 😀 '), ascii('caf\xe9 \xe2\x82'), Buffer.from(' 你好')]);
    expect(decodeText(mail, 'utf-8')).toBe('Grüße 😀 café â‚ 你好');
  });

  it.each(['c0 80', 'ed a0 80', 'f5 80 80 80', 'e0 80 80', 'f0 80 80 80'])(
    'is what UTF-8 forbids: %s',
    (hex) => {
      expect(decodeText(bytes(hex), 'utf-8')).not.toMatch(/[\0\ud800-\udfff]/u);
    },
  );

  it('is Japanese or Korean where its escape sequences say so', () => {
    expect(decodeText(ascii('\x1b$B$"\x1b(B!'), null)).toBe('あ!');
    expect(decodeText(ascii('\x1b$)C\x0e>H\x0f!'), 'us-ascii')).toBe('안!');
    expect(decodeText(ascii('\x1b[31mred'), null)).toBe('\x1b[31mred');
  });
});
