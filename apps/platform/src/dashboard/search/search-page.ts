/** What the page of a search shows. */
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as routes from '../../api/routes/search.ts';
import { type StateKind, shownText, stateCalled } from '../../view/words.ts';

/** A piece of a text; `hit` where it is a word that was searched for. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** One thing that was found. */
export interface FoundLine {
  /** Where it is. */
  href: string;
  /** What it is: `Mail`, `Answer` or `Session`. */
  what: string;
  subject: Piece[];
  snippet: Piece[];
  agent: string;
  from: string;
  to: string;
  at: string;
  /** Null where there is nothing to say of it. */
  state: { kind: StateKind; state: string } | null;
}

/** `asked` is false for an empty box. Of a refusal the page shows why, with what was typed still in its box. */
export interface SearchPage {
  asked: boolean;
  lines: FoundLine[];
  next: string | null;
  refusal: Refusal | null;
}

const KINDS = {
  mail: { what: 'Mail', path: '/mails', state: 'mail' },
  answer: { what: 'Answer', path: '/outbox', state: 'delivery' },
  run: { what: 'Session', path: '/runs', state: 'run' },
} as const;

/** Longer lists of recipients are cut. */
const MOST_RECIPIENTS = 3;

/** Searches for what was typed. */
export async function searchPage(
  ask: Ask,
  { q, cursor, zone }: { q: string; cursor: string | null; zone: string },
): Promise<SearchPage> {
  const asked = q.trim() !== '';
  if (!asked) return { asked, lines: [], next: null, refusal: null };
  const query = { q: withStateCodes(q), zone, ...(cursor === null ? {} : { cursor }) };
  const answer = await ask(routes.search, { query });
  if (!answer.ok) return { asked, lines: [], next: null, refusal: ofSearch(answer) };
  const lines = answer.body.data.map(
    ({ kind, id, agent, at, state, from, to, subject, snippet }): FoundLine => {
      const { what, path, state: stateKind } = KINDS[kind];
      const more = to.length - MOST_RECIPIENTS;
      return {
        href: `${path}/${encodeURIComponent(id)}`,
        what,
        subject: subject.length > 0 ? shownPieces(subject) : [{ text: '(no subject)', hit: false }],
        snippet: shownPieces(snippet),
        agent,
        from: shownText(from),
        to: `${to.slice(0, MOST_RECIPIENTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
        at,
        state: state === null ? null : { kind: stateKind, state },
      };
    },
  );
  return { asked, lines, next: answer.body.next_cursor, refusal: null };
}

/** The query with the state that it names by a word of the pages, such as `state:answered`, as the API calls it. */
function withStateCodes(q: string): string {
  return q.replace(/(?<=^|\s)state:(?:"([^"]*)"?|([^\s"]+))/gi, (filter, quoted, plain) => {
    const state = stateCalled(quoted ?? plain ?? '');
    return state === null ? filter : `state:${state}`;
  });
}

function shownPieces(pieces: readonly Piece[]): Piece[] {
  return pieces.map(({ text, hit }) => ({ text: shownText(text), hit }));
}

/** Only an agent can be named in a search that is not there. */
function ofSearch(refusal: Refusal): Refusal {
  if (refusal.code === 'not_found') {
    return {
      ...refusal,
      detail: 'You have no agent of that name.',
      nextStep: 'Leave "agent:" out, or mend the name.',
    };
  }
  return { ...refusal, nextStep: 'Change what you search for.' };
}
