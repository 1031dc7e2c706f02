/** Limits on a JSON body, checked before it is parsed. */
import { type JsonMeasure, measureJson } from '@tinyfat/core';

/** Real bodies have some ten names on three levels, and lists of hundreds. */
const MOST = { depth: 32, values: 10_000, nameLength: 256 };

const sentences: Record<Extract<JsonMeasure, { ok: false }>['reason'], string> = {
  too_deep: `The body is nested deeper than ${MOST.depth} levels.`,
  too_many_values: `The body has more than ${MOST.values} values.`,
  name_too_long: `A name in the body has more than ${MOST.nameLength} characters.`,
};

/** Which limit a text exceeds, as a sentence; null where it may be parsed. Says nothing on whether it is JSON. */
export function jsonExcess(text: string): string | null {
  const measured = measureJson(text, MOST);
  return measured.ok ? null : sentences[measured.reason];
}
