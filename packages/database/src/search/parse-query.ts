/** What a person typed into the search box. */
import { wordsIn } from './words.ts';

/** What documents are of: mails that came, mails that left, and what was said and done in one run of a session. */
export const DOCUMENT_KINDS = ['mail', 'answer', 'run'] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** A query that was understood. All of it must be true of a document. */
export interface SearchQuery {
  /** Whole words that it has. */
  words: string[];
  /** The beginning of one more word: the last one, while it may still be typed. */
  beginning: string | null;
  /** Words in the name or address of who wrote. */
  from: string[];
  kind: DocumentKind | null;
  /** Name of an agent. */
  agent: string | null;
  state: string | null;
  /** Days, `2026-11-28`: from the beginning of `after` up to, but without, `before`. */
  before: string | null;
  after: string | null;
}

/** The reason is a sentence for the person. */
export type ParsedQuery = { ok: true; query: SearchQuery } | { ok: false; reason: string };

/** Longer ones are refused. */
export const LONGEST_QUERY = 300;
const MOST_WORDS = 8;
/** A shorter one is the beginning of too many words. */
const SHORTEST_BEGINNING = 3;

const KINDS: ReadonlyMap<string, DocumentKind> = new Map([
  ['mail', 'mail'],
  ['mails', 'mail'],
  ['answer', 'answer'],
  ['answers', 'answer'],
  ['session', 'run'],
  ['sessions', 'run'],
]);

/** `name:value`, `name:"a value"`, `"some words"` or a word. What is no name of ours before a colon is a word like the rest. */
const PART = /(?:(from|agent|state|before|after|in):)?(?:"([^"]*)"?|([^\s"]+))/gi;

/** Reads `invoice from:ann agent:scout state:failed in:mails after:2026-10-01 before:2026-11-01`. */
export function parseQuery(text: string): ParsedQuery {
  if (text.length > LONGEST_QUERY) {
    return { ok: false, reason: `A search has at most ${LONGEST_QUERY} characters.` };
  }
  const query: SearchQuery = { ...EMPTY, words: [], from: [] };
  let isOpen = false;
  for (const [, name, quoted, plain = ''] of text.matchAll(PART)) {
    const value = quoted ?? plain;
    isOpen = false;
    if (name === undefined) {
      query.words.push(...wordsIn(value, MOST_WORDS + 1));
      isOpen = quoted === undefined;
    } else {
      const reason = readFilter(query, name.toLowerCase(), value);
      if (reason !== null) return { ok: false, reason };
    }
  }
  if (query.words.length + query.from.length > MOST_WORDS) {
    return { ok: false, reason: `A search has at most ${MOST_WORDS} words; leave some out.` };
  }
  const last = query.words.at(-1);
  if (isOpen && last !== undefined && !/\s$/.test(text) && last.length >= SHORTEST_BEGINNING) {
    query.beginning = query.words.pop() ?? null;
  }
  return { ok: true, query };
}

const EMPTY = { beginning: null, kind: null, agent: null, state: null, before: null, after: null };

/** Puts a filter into the query; gives a sentence where its value says nothing. */
function readFilter(query: SearchQuery, name: string, value: string): string | null {
  switch (name) {
    case 'from':
      query.from.push(...wordsIn(value, MOST_WORDS + 1));
      return query.from.length > 0 ? null : 'Write a name or an address after "from:".';
    case 'agent':
      query.agent = value.toLowerCase();
      return value === '' ? 'Write the name of an agent after "agent:".' : null;
    case 'state':
      query.state = value.toLowerCase().replaceAll(/[\s-]+/g, '_');
      return value === '' ? 'Write a state such as failed after "state:".' : null;
    case 'in':
      query.kind = KINDS.get(value.toLowerCase()) ?? null;
      return query.kind === null ? 'Write mails, answers or sessions after "in:".' : null;
    default: {
      const isDay = /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
      if (name === 'before') query.before = value;
      else query.after = value;
      return isDay ? null : `Write a day such as 2026-11-28 after "${name}:".`;
    }
  }
}

/** Whether a query asks for nothing at all. */
export function asksNothing({ words, from, ...filters }: SearchQuery): boolean {
  return words.length + from.length === 0 && Object.values(filters).every((value) => value === null);
}
