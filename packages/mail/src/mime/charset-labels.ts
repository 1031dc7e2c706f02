/** Which charset a label means: those of the Encoding Standard, and what mail programs write instead or besides. */
import iconv from 'iconv-lite';

/**
 * How bytes become text. `guess`: nothing useful is declared. `whatwg`: a TextDecoder's encoding. `table`: by
 * a table of iconv-lite. The others shift between charsets within seven bits (RFC 1557, 1843, 2152).
 */
export type Charset =
  | { kind: 'guess' | 'iso-2022-kr' | 'hz' | 'utf-7' }
  | { kind: 'whatwg' | 'table'; name: string };

/** Korean with all of its syllables: the TextDecoder of Node knows only the 2,350 of the standard before. */
const korean: Charset = { kind: 'table', name: 'cp949' };

// iconv-lite loads its tables when it is first asked, which must be while this module loads.
iconv.decode(Uint8Array.of(0xb0, 0xa1), korean.name);

const guess: Charset = { kind: 'guess' };

/** ASCII is the common part of all; UTF-8 is what is guessed anyway; the rest says nothing. */
const sayingNothing =
  /^(?:|usascii|ascii|ansix341968|iso646us|utf8|unicode11utf8|unicode20utf8|65001|cp65001|[78]bit|unknown8?bit|unknown|default|none|binary|userdefined|replacement)$/;

/** Labels without separators, where neither the Encoding Standard nor their own number says what they are. */
const aliases: Readonly<Record<string, string>> = {
  '932': 'shift_jis',
  '943': 'shift_jis',
  '936': 'gbk',
  '949': 'euc-kr',
  '950': 'big5',
  '874': 'windows-874',
  '20127': 'windows-1252',
  '20866': 'koi8-r',
  '21866': 'koi8-u',
  '50220': 'iso-2022-jp',
  '50221': 'iso-2022-jp',
  '50222': 'iso-2022-jp',
  '51932': 'euc-jp',
  '51949': 'euc-kr',
  '54936': 'gb18030',
  uhc: 'euc-kr',
  ksc56011987: 'euc-kr',
  ksc56011992: 'euc-kr',
  shiftjis: 'shift_jis',
  mskanji: 'shift_jis',
  windows31j: 'shift_jis',
  eucjp: 'euc-jp',
  eucjpms: 'euc-jp',
  euckr: 'euc-kr',
  euccn: 'gbk',
  gb23121980: 'gbk',
  tis620: 'windows-874',
  junet: 'iso-2022-jp',
  ansix31101983: 'windows-1252',
  koi8: 'koi8-r',
};

/** Tables of iconv-lite that no TextDecoder knows, all of them with ASCII in the lower half. */
const tables =
  /^(?:cp(?:437|720|737|775|808|85[0-9]|86[0-9]|1125)|viscii|tcvn|armscii8|rk1048|pt154|hproman8|koi8t|georgianps|georgianacademy|mac(?:centeuro|croatian|greek|iceland|romania|turkish|thai))$/;

const known = new Map<string, Charset>();
const mostKnown = 200;

/** What a label means; `guess` for none, for one that says nothing, and for an unknown one. */
export function charsetOf(label: string | null): Charset {
  const written = (label ?? '').slice(0, 60).toLowerCase();
  const seen = known.get(written);
  if (seen !== undefined) return seen;
  const charset = look(written.replace(/\*.*$/s, '').replace(/[^a-z0-9._:-]/g, ''));
  // A message can make up any number of labels.
  if (known.size < mostKnown) known.set(written, charset);
  return charset;
}

function look(label: string): Charset {
  const bare = label.replace(/^(?:x-|cs)/, '').replace(/[._:-]/g, '');
  if (sayingNothing.test(bare)) return guess;
  if (/^(?:unicode11)?utf7(?:imap)?$/.test(bare)) return { kind: 'utf-7' };
  if (/^iso2022kr$/.test(bare)) return { kind: 'iso-2022-kr' };
  if (/^hz(?:gb2312)?$/.test(bare)) return { kind: 'hz' };
  const direct = textDecoderName(label);
  if (direct !== null) return direct;
  const page = /^(?:cp|windows|win|ms|ibm|codepage)?0*(\d{3,5})$/.exec(bare)?.[1] ?? bare;
  const alias = Object.hasOwn(aliases, page) ? aliases[page] : undefined;
  const table = /^\d+$/.test(page) ? `cp${page}` : bare;
  if (alias === undefined && tables.test(table) && iconv.encodingExists(table)) {
    return { kind: 'table', name: table };
  }
  return textDecoderName(alias ?? spelledOut(bare, page)) ?? guess;
}

/** `iso88591`, `latin1`, `win1251`, `28595` and their like as the Encoding Standard writes them. */
function spelledOut(bare: string, page: string): string {
  const part = /^iso8859(\d{1,2})(?:[ei]|\d{4})?$/.exec(bare)?.[1] ?? /^28(?:59|60)(\d)$/.exec(page)?.[1];
  if (/^2860\d$/.test(page)) return `iso-8859-1${part ?? ''}`;
  if (part !== undefined) return `iso-8859-${part}`;
  if (/^125\d$/.test(page)) return `windows-${page}`;
  if (/^iso2022jp/.test(bare)) return 'iso-2022-jp';
  if (/^utf16(?:le|be)?$/.test(bare)) return bare.replace('utf16', 'utf-16');
  return bare;
}

function textDecoderName(label: string): Charset | null {
  try {
    const { encoding } = new TextDecoder(label);
    if (encoding === 'euc-kr') return korean;
    return encoding === 'utf-8' ? guess : { kind: 'whatwg', name: encoding };
  } catch {
    return null;
  }
}
