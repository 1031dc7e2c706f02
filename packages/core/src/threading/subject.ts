/** Subjects of answers. Gmail and Outlook group by subject, so an existing reply prefix stays as it is. */

/** Longest subject that we write, characters. */
export const MAX_SUBJECT_LENGTH = 900;

/**
 * What mail clients put before the subject of an answer, by language. Whole words only: `Refund:`, `Report:`
 * and `Resume:` are subjects.
 */
const REPLY_WORDS = [
  're|r|aw|antw|antwort|sv|vs|rif|res|resp|odp|odpověď|ynt|vá|bls|atb|trả lời',
  'ατ|απ|απάντηση|σχετ|отв|ответ|на|відп|одг',
  '回复|回覆|答复|答覆|返信|답장|회신|תגובה|השב|رد|جواب|ตอบกลับ',
].join('|');

const REPLY_PREFIX = new RegExp(
  `^\\s*(?:${REPLY_WORDS})(?:\\s?\\[\\d{1,3}\\]|\\s?\\(\\d{1,3}\\)|\\^?\\d{1,3})?\\s?[:：]\\s*`,
  'iu',
);

/**
 * The subject of an answer: as it came where it begins with a reply prefix, else with `Re: ` before it.
 * Control characters (and so every line break) become blanks; at most 900 characters; never empty.
 */
export function replySubject(subject: string): string {
  const clean = cleanSubject(subject);
  const answer = REPLY_PREFIX.test(clean) ? clean : `Re: ${clean === '' ? '(no subject)' : clean}`;
  return cut(answer).trimEnd();
}

/** A subject on one line: control characters and line separators become blanks, ends trimmed, at most 900 characters. */
export function cleanSubject(subject: string): string {
  return cut(
    subject
      .slice(0, 4000)
      .toWellFormed()
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .trim(),
  );
}

/** The subject without its reply prefixes, however many; `replied` says whether there were any. */
export function stripReplyPrefixes(subject: string): { text: string; replied: boolean } {
  const clean = cleanSubject(subject);
  let text = clean;
  for (let next = text.replace(REPLY_PREFIX, ''); next !== text; next = text.replace(REPLY_PREFIX, ''))
    text = next;
  return { text: text.trim(), replied: text !== clean };
}

function cut(text: string): string {
  return text.length <= MAX_SUBJECT_LENGTH
    ? text
    : text
        .slice(0, MAX_SUBJECT_LENGTH)
        .toWellFormed()
        .replace(/\ufffd$/, '');
}
