/** Whether a file of an agent's folder is still what whoever writes it has read (RFC 9110 section 13.1). */
import type { ReadOutcome } from '@tinyfat/core';
import { type Refusal, refuse } from '../answer.ts';
import { entityTag, fileRefusal } from './read-file.ts';

/** Whether a request says which version it replaces; `*` is whatever there is. */
export function isConditional(headers: Headers): boolean {
  return (headers.get('if-match') ?? '*') !== '*' || headers.has('if-none-match');
}

/** Null where the write may go on; a request that says nothing is refused. `before`: the file as it is now. */
export async function precondition(
  headers: Headers,
  before: ReadOutcome,
  name: string,
): Promise<Refusal | null> {
  const match = headers.get('if-match');
  const isMissing = !before.ok && before.reason === 'missing';
  if (match === null) {
    if (headers.get('if-none-match') !== '*') return refuse('precondition_required');
    return isMissing ? null : refuse('precondition_failed', `There is a ${name} already.`);
  }
  if (isMissing) return refuse('precondition_failed', `There is no ${name} any more.`);
  if (!before.ok) return fileRefusal(before);
  if (match === '*') return null;
  const tags = match.split(',').map((tag) => tag.trim());
  return tags.includes(await entityTag(before.bytes)) ? null : refuse('precondition_failed');
}
