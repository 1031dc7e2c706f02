/** The line above a quote that says who wrote it, and when: `On Monday Ann <ann@example.org> wrote:`. */
import { folded, hasAddress, hasDate, isBlank, isQuoted, type MailLine } from './mail-line.ts';

/** Most lines over which mail programs wrap it. */
const wrapLimit = 4;
/** Longest attribution, characters. */
const lengthLimit = 500;

/** That somebody wrote, in the words of mail programs. */
const wrote =
  /wrote|writes|schrieb|geschrieben|écrit|escribió|escrita|escreveu|ha scritto|scrisse|schreef|geschreven|skrev|skreiv|kirjoitti|napisał|pisze|napsal|napísal|написал|писал|пише|написав|yazdı|έγραψε|írta|a scris|написа|napisao|napisala|je pisal|kirjutas|rakstīja|rašė|va escriure|escribiu|skrifaði|写道|寫道|写到|のメール|が書きました|書き込みました|작성|님이|썼습니다|כתב|كتب|نوشت|เขียน|đã viết|menulis|ने लिखा/;

/** How it begins, where it does not begin with the name or the date. */
const opening =
  /^(?:on|am|le|el|il|il giorno|em|no dia|a|op|den|på|dne|dňa|w dniu|dnia|in date|datum|date|ma|ke|pe|kl|la data|în data|στις|в|на|у|pada|vào|vào lúc|ngày|بتاريخ|في|בתאריך|ב-|เมื่อ|在|于|al|o|in a message dated|quoting|citando|zitat von|quoting)(?![\p{L}])/u;

/**
 * Where the attribution begins whose last line is at `last`; null where that line ends none. Blank lines and quoted
 * lines end it upwards, so that no more of the text above goes with it than a mail program has wrapped.
 *
 * @param sure - only one that is not likely a sentence of the sender's: needed where no quote mark follows
 */
export function attributionStart(lines: readonly MailLine[], last: number, sure = false): number | null {
  const end = ending(lines[last]);
  if (end === null) return null;
  let joined = end;
  let found: number | null = null;
  for (let at = last; at >= 0 && last - at < wrapLimit; at -= 1) {
    const line = lines[at];
    if (line === undefined || isBlank(line) || isQuoted(line)) break;
    const text = folded(line.bare).replace(/^[-*_~\s]+/, '');
    if (at < last) joined = `${text} ${joined}`;
    if (joined.length > lengthLimit) break;
    if (!isAttribution(joined, line.bare, sure)) continue;
    if (opening.test(text)) return at;
    // Without a word that opens it, it begins where the date or the name stands.
    if (found === null || dateFirst.test(text) || isName(text)) found = at;
  }
  return found;
}

/** People end sentences with a colon too: a verb of mail programs needs a date, an address or a bare name beside it. */
function isAttribution(text: string, bare: string, sure: boolean): boolean {
  const [address, date] = [hasAddress(text), hasDate(text)];
  if (wrote.test(text)) return address || date || (!sure && (opening.test(text) || nameAndVerb.test(bare)));
  if (dateFirst.test(text) || opening.test(text)) return address && date;
  return !sure && isName(text.replace(/[:：]$/, ''));
}

/** The line without marks where it ends as an attribution does: with a colon, or between dashes. */
function ending(line: MailLine | undefined): string | null {
  if (line === undefined || line.bare.length > lengthLimit || isQuoted(line)) return null;
  const text = folded(line.bare)
    .replace(/^[-*_~\s]+/, '')
    .replace(/[*_\s]+$/, '');
  if (/[:：]$/.test(text)) return text;
  return /-{2,}$/.test(text) && wrote.test(text) ? text : null;
}

/** `2024年1月1日`, `01.01.24`, `Mon, 1 Jan`. */
const dateFirst = /^(?:\p{L}{1,12}[.,]{0,2}\s?)?\d{1,4}\s?[年년./-]|^\p{L}{1,12}[.,]{1,2}\s\d{1,2}[.\s]/u;

/** `Ann Lee wrote:`, each word a name. */
const nameAndVerb = /^[\s*"]*(?:[\p{Lu}\p{Lo}][\p{L}.'’-]{0,30}"?\s+){1,4}[\p{L}()]{2,15}\s?[:：]\s*$/u;

/** `Ann Lee <ann@example.org>` and nothing else. */
function isName(text: string): boolean {
  return /^[^<>.!?]{0,80}<[^<>\s]+@[^<>\s]+>,?$/.test(text);
}
