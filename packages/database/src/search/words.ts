/**
 * The words of a text as both engines index them: letters and digits alone, without case and accents. Texts and queries go
 * through the same function, so that a search means the same everywhere, and no character of a stranger's reaches the syntax
 * of a full-text query.
 */

/** Longer words are cut; so are what looks like one, such as base64. */
const LONGEST_WORD = 40;
/** Scripts that are written without blanks: each of their characters is a word. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
/** Without letters that the tokenizer of FTS5 does not know as such, at which it would cut a word in two. */
const WORD = /(?:(?![\u19B0-\u19C0\u19C8\u19C9\u1CF2\u1CF3])[\p{L}\p{N}])+/gu;

/** The words of a text in their order, `most` of them at most; one may come again. */
export function wordsIn(text: string, most: number): string[] {
  const words: string[] = [];
  for (const [word] of plain(text).matchAll(WORD)) {
    if (words.length >= most) break;
    words.push(cut(word));
  }
  return words;
}

/** Compatible letters in one form, without marks, in lower case, with blanks around what is written without. */
function plain(text: string): string {
  const bare = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase();
  return bare.replace(UNSPACED, ' $& ');
}

function cut(word: string): string {
  return word.length <= LONGEST_WORD ? word : word.slice(0, LONGEST_WORD).replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * Words that no text has: they begin with a character for private use, which is no letter. They say what a document is of,
 * so that a search for that is one look at the index, too.
 */
const MARK = '\uE000';

/** Of an agent, by its id. */
export function agentMark(id: string): string {
  return `${MARK}a${id.replace(/[^A-Za-z0-9]/g, '').toLowerCase()}`;
}

/** Of a kind of documents. */
export function kindMark(kind: string): string {
  return `${MARK}k${kind}`;
}

/** Of a word in the name or address of who wrote. */
export function fromMark(word: string): string {
  return `${MARK}f${word}`;
}
