/** The place of a text where a search found something: as pieces, never as HTML. */
import { wordsIn } from './words.ts';

/** A piece of a text; `hit` where it is one of the words that were searched for. */
export interface SnippetPart {
  text: string;
  hit: boolean;
}

/** Characters of a snippet, and how many of them stand before the first word that was found. */
const LENGTH = 220;
const BEFORE = 60;
/** Words that are looked at: those of a whole document. */
const MOST_LOOKED_AT = 20_000;

/** The words that are marked. */
export interface Sought {
  words: readonly string[];
  beginning: string | null;
}

/** The beginning of the text where nothing is found in it; without line breaks; empty for an empty text. */
export function snippetOf(text: string, sought: Sought): SnippetPart[] {
  const line = text.replace(/\s+/g, ' ').trim();
  const first = firstHit(line, sought);
  const begin = first === null || first < BEFORE ? 0 : beginOfWord(line, first - BEFORE);
  const end = Math.min(line.length, begin + LENGTH);
  const cut = line.slice(begin, end).toWellFormed();
  return [
    ...(begin > 0 ? [{ text: '… ', hit: false }] : []),
    ...marked(cut, sought),
    ...(end < line.length ? [{ text: ' …', hit: false }] : []),
  ];
}

/** The whole text with the words marked, such as a subject. */
export function marked(text: string, sought: Sought): SnippetPart[] {
  const parts: SnippetPart[] = [];
  let at = 0;
  for (const { index, word } of wordsOf(text)) {
    if (!isSought(word, sought)) continue;
    if (index > at) parts.push({ text: text.slice(at, index), hit: false });
    parts.push({ text: word, hit: true });
    at = index + word.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at), hit: false });
  return parts;
}

function firstHit(text: string, sought: Sought): number | null {
  let looked = 0;
  for (const { index, word } of wordsOf(text)) {
    if (isSought(word, sought)) return index;
    if (++looked > MOST_LOOKED_AT) break;
  }
  return null;
}

/** Words as they are written, and where; a character of a script without blanks is one. */
function* wordsOf(text: string): Generator<{ index: number; word: string }> {
  const pattern =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+/gu;
  for (const match of text.matchAll(pattern)) yield { index: match.index, word: match[0] };
}

function isSought(written: string, { words, beginning }: Sought): boolean {
  return wordsIn(written, 4).some(
    (word) => words.includes(word) || (beginning !== null && word.startsWith(beginning)),
  );
}

function beginOfWord(text: string, at: number): number {
  const blank = text.indexOf(' ', at);
  return blank < 0 || blank > at + BEFORE / 2 ? at : blank + 1;
}
