/** The word that somebody most likely meant, for answers such as "did you mean …?". */

/** A longer word is no slip of the fingers; this also bounds what a comparison costs. */
const MAX_WORD_LENGTH = 40;
/** A word this short has many neighbours: one edit is all that is forgiven. */
const SHORT_WORD_LENGTH = 3;
/** A single letter is the beginning of too much. */
const MIN_PREFIX_LENGTH = 2;

/**
 * The known word nearest to `word`, as it is spelt in `known`; null where none is near. Case makes no difference.
 * A known word that begins with `word` (two letters or more) comes first, the shortest of them; else the one with
 * the fewest edits, at most two, or one for words of up to three letters. Of equally near ones the first. Words
 * of more than 40 characters are near to nothing.
 */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const typed = word.trim().toLowerCase();
  if (typed === '' || typed.length > MAX_WORD_LENGTH) return null;
  return shortestWithPrefix(typed, known) ?? fewestEdits(typed, known);
}

/**
 * How many edits turn one word into the other: a letter inserted, removed or replaced, or two neighbours swapped
 * (the optimal string alignment form of the Damerau–Levenshtein distance). Costs time in the product of the
 * lengths: bound them first.
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, at(beforeLast, column - 2) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function shortestWithPrefix(typed: string, known: readonly string[]): string | null {
  if (typed.length < MIN_PREFIX_LENGTH) return null;
  let best: string | null = null;
  for (const one of known) {
    if (one.toLowerCase().startsWith(typed) && (best === null || one.length < best.length)) best = one;
  }
  return best;
}

function fewestEdits(typed: string, known: readonly string[]): string | null {
  const allowed = typed.length <= SHORT_WORD_LENGTH ? 1 : 2;
  let best: { word: string; edits: number } | null = null;
  for (const one of known) {
    if (Math.abs(one.length - typed.length) > allowed) continue;
    const edits = editDistance(typed, one.toLowerCase());
    if (edits <= allowed && (best === null || edits < best.edits)) best = { word: one, edits };
  }
  return best?.word ?? null;
}

/** The tables above are filled up to every index that is asked for. */
function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
