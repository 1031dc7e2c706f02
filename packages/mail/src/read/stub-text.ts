/**
 * A text part that only stands in for the HTML beside it: "This message requires an HTML viewer", a link, a blank. A real
 * one says the same as the HTML, so that nearly all of its words are there; and it knows nothing of HTML.
 */
import type { BodyPart } from './parse-mime.ts';

/** Longest text that only stands in, characters and words. */
const longestStub = 2000;
const mostWords = 60;
/** The HTML says at least so many times as much. */
const timesMore = 2;
/** So much of a real text is in the HTML. */
const shared = 0.7;

/** Whether the HTML is worth parsing. Its tags are only cut out here, so that it seems to say more than can be seen. */
export function mayBeStub({ plain, html }: BodyPart): boolean {
  if (html.trim() === '' || plain.length > longestStub) return false;
  const words = wordsOf(plain);
  if (words.length > mostWords) return false;
  return words.some(isAboutHtml) || isStub(plain, withoutTags(html));
}

function withoutTags(html: string): string {
  return html
    .split('<')
    .map((piece) => piece.slice(piece.indexOf('>') + 1))
    .join(' ');
}

/**
 * Whether a text only stands in.
 *
 * @param htmlText - what can be seen of the HTML
 */
export function isStub(plain: string, htmlText: string): boolean {
  const own = wordsOf(plain);
  const there = wordsOf(htmlText);
  if (own.length === 0) return there.length > 0;
  if (there.length < own.length * timesMore) return false;
  const words = new Set(there);
  if (own.some(isAboutHtml) && !there.some(isAboutHtml)) return true;
  return own.filter((word) => words.has(word)).length < own.length * shared;
}

function isAboutHtml(word: string): boolean {
  return word === 'html';
}

/** In lower case, without addresses of pages; in scripts that leave no blanks every character is a word. */
function wordsOf(text: string): string[] {
  const bare = text.toLowerCase().replace(/\b(?:https?:\/\/|www\.)[^\s<>]+/g, ' ');
  return (
    bare.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+/gu) ?? []
  );
}
