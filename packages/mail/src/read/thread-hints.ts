/** What the header of a mail says of its place in a thread. */
import { stripReplyPrefixes } from '@tinyfat/core';
import { folded } from './mail-line.ts';
import type { ThreadHints } from './split-quoted.ts';

/** What mail programs put before the subject of a forwarded mail, by language. */
const FORWARD_WORDS = [
  'fwd|fw|forward|wg|weitergeleitet|tr|réf|rv|reenv|i|inoltra|enc|encam|doorst|dstn|vb|vl|pd|přeposl|fwd|tov|továbbítás',
  'ilt|i̇lt|yönlendirme|πρθ|προώθ|пересл|пересилання|пересылка|переслано|препр',
  '转发|轉寄|轉發|転送|전달|הועבר|إعادة توجيه|ส่งต่อ|chuyển tiếp|trs',
].join('|');
const FORWARD_PREFIX = new RegExp(`^\\s*(?:${FORWARD_WORDS})(?:\\s?\\[\\d{1,3}\\])?\\s?[:：]\\s*`, 'iu');
/** Reply in Finnish, forward in Danish and Norwegian. */
const AMBIGUOUS_PREFIX = /^\s*vs\s?:/i;
/** What servers write before subjects: `[EXTERN]`, a list's name. */
const TAG = /^\s*(?:\[[^\]]{1,40}\]|\*{2,3}[^*]{1,30}\*{2,3})\s*/;

/** Fields of a message's header, as they came; undefined for none. */
interface ThreadFields {
  subject?: string | undefined;
  inReplyTo?: string | undefined;
  references?: string | undefined;
}

export function threadHints({ subject = '', inReplyTo = '', references = '' }: ThreadFields): ThreadHints {
  const named = inReplyTo.trim() !== '' || references.trim() !== '';
  const top = subject.slice(0, 1_000).replace(TAG, '');
  const { text, prefixes } = bareSubject(top);
  const isAmbiguous = AMBIGUOUS_PREFIX.test(top) && !named;
  const replied = stripReplyPrefixes(top).replied && !isAmbiguous;
  return {
    reply: named || replied,
    forward: !replied && (prefixes === 'forward' || isAmbiguous),
    subject: folded(text),
  };
}

/** The subject without prefixes and tags, and what the first prefix is. */
function bareSubject(subject: string): { text: string; prefixes: 'forward' | 'reply' | 'none' } {
  let text = subject;
  let first: 'forward' | 'reply' | 'none' = 'none';
  for (let round = 0; round < 20; round += 1) {
    const stripped = stripReplyPrefixes(text);
    if (stripped.replied && first === 'none') first = 'reply';
    const next = stripped.text.replace(FORWARD_PREFIX, '').replace(TAG, '');
    if (FORWARD_PREFIX.test(stripped.text) && first === 'none') first = 'forward';
    if (next === text) break;
    text = next;
  }
  return { text: text.trim(), prefixes: first };
}
