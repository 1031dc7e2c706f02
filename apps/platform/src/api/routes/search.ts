import { DOCUMENT_KINDS, LONGEST_QUERY } from '@tinyfat/database';
import * as v from 'valibot';
import { json } from '../answer.ts';
import { line, named, page, paging, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';

/** Pieces of a text; `hit` where one is a word that was searched for. */
const pieces = v.array(v.strictObject({ text: v.string(), hit: v.boolean() }));

const searchHit = named(
  'SearchHit',
  v.strictObject({
    /** A mail that came, a mail that left, or a run of a session. */
    kind: v.picklist(DOCUMENT_KINDS),
    /** Of the mail, the outgoing mail or the run. */
    id: v.string(),
    agent: v.string(),
    at: time,
    /** That of what it is of, as its own listing has it; null where its row is gone. */
    state: v.nullable(v.string()),
    /** Who wrote: `Ann <ann@example.com>`, or an address alone. */
    from: v.string(),
    to: v.array(v.string()),
    subject: pieces,
    snippet: pieces,
  }),
);

export const search = route('GET', '/search', 'Find mails, answers and sessions by their words', {
  description:
    'Every word of `q` must stand in subject, people or text; of the last one the beginning is enough, unless a blank or a quote follows. `from:`, `agent:`, `state:`, `in:` (mails, answers or sessions), `after:` and `before:` (days such as 2026-11-01, in `zone`) narrow it. Texts are searched in their first 16,000 characters, and as long as they are stored. A page may be short and have a next one.',
  scope: 'read',
  query: v.strictObject({
    q: line(LONGEST_QUERY, `at most ${LONGEST_QUERY} characters to search for`),
    zone: v.optional(line(64, 'a time zone such as Europe/Berlin or +05:30'), 'UTC'),
    limit: wholeNumber(1, 50, 20),
    cursor: paging.cursor,
  }),
  answer: json(page(searchHit)),
  errors: ['not_found'],
});
