import { DELIVERY_STATES, MAIL_STATES, parseJson } from '@tinyfat/core';
import {
  asksNothing,
  marked,
  parseQuery,
  RUN_STATUSES,
  type SearchHit,
  type SearchQuery,
  searchDocuments,
  snippetOf,
} from '@tinyfat/database';
import { refuse } from '../answer.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { isoTime } from '../fields.ts';
import * as routes from '../routes/search.ts';
import { startOfDayIn } from '../zone-offsets.ts';

const STATES: ReadonlySet<string> = new Set([...MAIL_STATES, ...DELIVERY_STATES, ...RUN_STATUSES]);
const NO_STATE =
  'Nothing has that state. Write one such as failed, quarantined, awaiting_approval or sent after "state:".';

export const searchEndpoints = [
  endpoint(routes.search, async ({ deps, see, query: { q, zone, limit, cursor } }) => {
    const parsed = parseQuery(q);
    if (!parsed.ok) return refuse('invalid_request', parsed.reason);
    const { query } = parsed;
    if (asksNothing(query)) return { ok: true, body: { data: [], next_cursor: null } };
    const place = readCursor(cursor);
    if (!place.ok) return place;
    const named = await see.agentFilter(query.agent ?? undefined);
    if (!named.ok) return named;
    const [since, until] = [query.after, query.before].map((day) =>
      day === null ? null : startOfDayIn(zone, day),
    );
    if (since === undefined || until === undefined) {
      return refuse('invalid_request', '"zone" must be a time zone such as Europe/Berlin or +05:30.');
    }
    const { words, beginning, from, kind, state } = query;
    if (state !== null && !STATES.has(state)) return refuse('invalid_request', NO_STATE);
    const found = await searchDocuments(deps.db, see.sight, {
      ...{ words, beginning, from, kind, state, since, until, limit },
      agentId: named.row.agentId ?? null,
      below: place.after?.at ?? null,
    });
    if (!found.ok) return refuse('invalid_request', 'Too much fits; add a word or narrow the time.');
    return {
      ok: true,
      body: {
        data: found.hits.map((hit) => shown(hit, query)),
        next_cursor: found.next === null ? null : writeCursor({ at: found.next, id: '' }),
      },
    };
  }),
];

function shown(hit: SearchHit, sought: SearchQuery) {
  return {
    kind: hit.kind,
    id: hit.id,
    agent: hit.agent,
    at: isoTime(hit.at),
    state: hit.state,
    from: hit.sender.trim(),
    to: addressesIn(hit.people),
    subject: marked(hit.subject.toWellFormed(), sought),
    snippet: snippetOf(hit.body, sought),
  };
}

/** A JSON array of addresses, cut where there were very many of them. */
function addressesIn(people: string): string[] {
  const list = parseJson(people);
  return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
}
