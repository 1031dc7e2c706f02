/**
 * Text of strangers inside a prompt. It stands between two tags that both carry a nonce which its writer can't
 * know. Invariant: no text can end its block or begin another one, nor anything that a reader could take for
 * that: tags like ours are defused in whatever letters they are written, and the nonce itself never stays.
 */

/** The blocks of a prompt. */
export type Block = 'mail_headers' | 'mail_text' | 'quoted_text' | 'forwarded_text';

/** Brackets that look like `<`. */
const openings = '<＜﹤‹〈〈⟨❮❬⧼⦑˂ᐸ≺«《';
/** Letters of other scripts that look like those of our tags, each before its twin; NFKC folds the rest. */
const lookAlikes = new Map(
  'аa ɑa αa ԁd еe єe εe ƒf ϝf һh іi ıi ιi ӏl мm оo οo ԛq гr ѕs тt τt υu ѡw ԝw ωw хx χx'
    .split(' ')
    .map((pair) => [pair.charAt(0), pair.charAt(1)]),
);
/** What stands between the letters of a tag without making another word of it. */
const filler = /[\s\p{M}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\p{Pd}\p{Pc}/\\⁄∕／＼]/u;
const ourTags = /<(?:mailheaders|mailtext|quotedtext|forwardedtext)/g;
/** Characters of plane 14 that no reader sees, but a model may read as letters. */
const invisibleLetters = /[\u{e0000}-\u{e007f}]/gu;

/** The lines of a block: its tag, the text made harmless, the closing tag. */
export function fenced(block: Block, nonce: string, text: string): string[] {
  return [`<${block} nonce="${nonce}">`, defuse(text, nonce), `</${block} nonce="${nonce}">`];
}

/** One line of at most `limit` characters: whatever was in it can't begin another, nor turn it around. */
export function oneLine(text: string, limit: number): string {
  const line = text
    .slice(0, limit + 1)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  return (line.length > limit ? `${line.slice(0, limit)}…` : line).toWellFormed();
}

function defuse(text: string, nonce: string): string {
  const seen = text.toWellFormed().replace(invisibleLetters, '').replaceAll(nonce, '[…]');
  if (!Array.from(openings).some((bracket) => seen.includes(bracket))) return seen;
  const { skeleton, places } = skeletonOf(seen);
  const parts: string[] = [];
  let from = 0;
  for (const { index } of skeleton.matchAll(ourTags)) {
    const at = places[index];
    if (at === undefined) continue;
    parts.push(seen.slice(from, at), '&lt;');
    from = at + 1;
  }
  return parts.join('') + seen.slice(from);
}

/** The text as its letters look, without what is between them, and where each letter stood. */
function skeletonOf(text: string): { skeleton: string; places: number[] } {
  const letters: string[] = [];
  const places: number[] = [];
  let at = 0;
  for (const character of text) {
    const looks = looksLike(character);
    if (looks !== '') {
      letters.push(looks);
      places.push(at);
    }
    at += character.length;
  }
  return { skeleton: letters.join(''), places };
}

/** One ASCII character, or nothing for what only separates. */
function looksLike(character: string): string {
  if (/[a-z]/.test(character)) return character;
  if (openings.includes(character)) return '<';
  if (filler.test(character)) return '';
  const folded = character.normalize('NFKC').toLowerCase();
  const letter = lookAlikes.get(folded) ?? folded;
  return letter.length === 1 && letter < '\u007f' ? letter : '.';
}
