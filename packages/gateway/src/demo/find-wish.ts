/** What the demo model takes a mail to ask for. */
export type Wish =
  /** Write this down. */
  | { kind: 'remember'; note: string }
  /** Say what is known. */
  | { kind: 'recall' }
  /** Anything else: look around and tell. */
  | { kind: 'look' };

const REMEMBER =
  /^(?:(?:please|also|and|but|so|hi|hello|can you|could you|would you|will you)[\s,]+){0,4}remember\b[\s,:]*(?:that\b|this\b)?[\s,:]*(.+)$/i;
const RECALL =
  /\bdo you (?:still )?remember\b|\bwhat (?:else )?(?:do|can|did) you (?:still )?(?:remember|know)\b|\bwhat (?:did|have|had) i (?:just )?(?:ask|asked|tell|told|say|said)\b/i;
const LONGEST_NOTE = 400;
/** Rules this simple find nothing more in a long text. */
const LOOKED_AT = 20_000;

/** Simple rules over sentences: the first that begins with "remember" counts, else a question about memory. */
export function findWish(mailText: string): Wish {
  const sentences = mailText
    .slice(0, LOOKED_AT)
    .split(/\n+|(?<=[.!?])\s+/)
    .map((sentence) => sentence.trim());
  for (const sentence of sentences) {
    const note = REMEMBER.exec(sentence)?.[1]?.replace(/[\s?]+$/, '');
    if (note !== undefined && note !== '' && !/^(?:me|us)$/i.test(note)) {
      return { kind: 'remember', note: Array.from(note).slice(0, LONGEST_NOTE).join('') };
    }
  }
  return sentences.some((sentence) => RECALL.test(sentence)) ? { kind: 'recall' } : { kind: 'look' };
}
