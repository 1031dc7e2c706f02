import * as v from 'valibot';
import { download, json } from '../answer.ts';
import { agentName, id, named, page, paging, time, wholeNumber } from '../fields.ts';
import { route } from '../route.ts';
import { ENTRY_KINDS, PART_KINDS } from '../transcript/entry.ts';
import { ofAgent } from './agents.ts';

/** Turns of a session that are counted and added up. */
export const MOST_TURNS = 200;

export const session = named(
  'Session',
  v.strictObject({
    id: v.string(),
    /** What `/resume` takes. */
    hash: v.string(),
    /** Of its first mail; empty where that is not on record. */
    subject: v.string(),
    /** The first line that somebody wrote in it, where no subject is on record; else null. */
    first_line: v.nullable(v.string()),
    /** Finished turns and what they cost: of the newest 200 where `more_turns` says that there are as many or more. */
    turns: v.number(),
    cost_usd: v.number(),
    more_turns: v.boolean(),
    last_used_at: time,
    bytes: v.number(),
    /** The next mail of some scope goes on here. */
    current: v.boolean(),
    /** Those scopes, at most 100: `agent`, `sender:ADDRESS` or `thread:MESSAGE-ID`. */
    current_for: v.array(v.string()),
  }),
);

const ofSession = v.strictObject({ agent: agentName, id });

export const listSessions = route('GET', '/agents/{agent}/sessions', 'Sessions of the agent', {
  description: 'Newest use first; of more than 10,000 the 10,000 that began last.',
  scope: 'read',
  params: ofAgent,
  query: v.strictObject(paging),
  answer: json(page(session)),
});

export const getSession = route('GET', '/agents/{agent}/sessions/{id}', "The session's file (JSON Lines)", {
  scope: 'read',
  params: ofSession,
  answer: download('application/jsonl'),
  errors: ['conflict'],
});

export const getSessionFacts = route('GET', '/agents/{agent}/sessions/{id}/facts', 'One session', {
  scope: 'read',
  params: ofSession,
  answer: json(session),
});

/** One entry of a transcript. */
export const transcriptEntry = named(
  'TranscriptEntry',
  v.strictObject({
    /** As `cursor` it gives a page that begins with this entry. */
    cursor: v.string(),
    kind: v.picklist(ENTRY_KINDS),
    at: v.nullable(time),
    /** Model of an answer, tool of a result, id of a run, or why a line can't be shown. */
    note: v.nullable(v.string()),
    failed: v.boolean(),
    parts: v.array(
      v.strictObject({
        kind: v.picklist(PART_KINDS),
        /** Of a tool. */
        name: v.nullable(v.string()),
        text: v.string(),
        /** Characters of the whole text, where `text` is its beginning. */
        length: v.nullable(v.number()),
      }),
    ),
    more_parts: v.number(),
  }),
);

export const getTranscript = route(
  'GET',
  '/agents/{agent}/sessions/{id}/transcript',
  'What was said in a session, in order',
  {
    description:
      'Read from the file of the session, which the agent can write: it is shown, never believed. Texts are cut at 4,000 characters, with `whole=true` at 200,000. A page ends early where its entries have much text; it may be empty though there is a next one. With `end=true` the page is the last one, whatever the cursor.',
    scope: 'read',
    params: ofSession,
    query: v.strictObject({
      cursor: paging.cursor,
      limit: wholeNumber(1, 100, 25),
      whole: v.optional(v.picklist(['true', 'false'], 'true or false'), 'false'),
      end: v.optional(v.picklist(['true', 'false'], 'true or false'), 'false'),
    }),
    answer: json(page(transcriptEntry)),
    errors: ['conflict'],
  },
);

const change = v.strictObject({
  /** What goes on with another session from now on: `agent`, `sender:ADDRESS` or `thread:MESSAGE-ID`. */
  scopes: v.array(v.string()),
  /** A turn that is under way goes on in the session that it began with. */
  turn_running: v.boolean(),
});

export const makeSessionCurrent = route(
  'PUT',
  '/agents/{agent}/sessions/{id}/current',
  'Let the next mail go on in this session, as /resume does',
  {
    description:
      'Where sessions are those of a sender or a thread, it becomes the session of whoever wrote its newest mail.',
    scope: 'write',
    params: ofSession,
    answer: json(change),
    errors: ['conflict'],
  },
);

export const clearSession = route(
  'DELETE',
  '/agents/{agent}/sessions/{id}/current',
  'Let the next mail begin a new session, as /clear does',
  {
    description:
      'For everybody whose mail would go on in this session. It stays and can be made current again.',
    scope: 'write',
    params: ofSession,
    answer: json(change),
    errors: ['conflict'],
  },
);
