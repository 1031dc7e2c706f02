/** What the page of all mails shows: the filters of its URL, and a page of the mails that they leave. */
import { MAIL_STATES } from '@tinyfat/core';
import type * as v from 'valibot';
import { type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { listAgentsAtAGlance } from '../../api/routes/attention.ts';
import { listMails, type mailRow } from '../../api/routes/mails.ts';
import { dayIn, startOfDay } from '../../view/time.ts';
import { MAIL_STATE_WORDS } from '../../view/words.ts';

/** Mails on a page, and agents that the filter offers. */
const PAGE = 25;
const MOST_AGENTS = '200';
const DAY_MS = 86_400_000;

/** What stands in the fields; empty for no filter. */
export interface MailFilters {
  state: string;
  agent: string;
  sender: string;
  /** The first and the last day, as `2026-11-28`, by the viewer's clock. */
  from: string;
  to: string;
}

export interface MailList {
  filters: MailFilters;
  isFiltered: boolean;
  agents: string[];
  states: { value: string; label: string }[];
  mails: v.InferOutput<typeof mailRow>[];
  next: string | null;
  /** Why the filters leave no list. */
  refusal: Refusal | null;
}

/** Reads the page that a URL names. `zone` is the viewer's (IANA). */
export async function readMails(ask: Ask, search: URLSearchParams, zone: string): Promise<MailList> {
  const filters: MailFilters = {
    state: search.get('state') ?? '',
    agent: search.get('agent') ?? '',
    sender: search.get('sender') ?? '',
    from: search.get('from') ?? '',
    to: search.get('to') ?? '',
  };
  const state = MAIL_STATES.find((one) => one === filters.state);
  const wrong = wrongFilter(filters, state);
  const [list, agents] = await Promise.all([
    wrong ??
      ask(listMails, {
        query: {
          limit: String(PAGE),
          cursor: search.get('cursor') ?? undefined,
          state,
          agent: given(filters.agent),
          sender: given(filters.sender),
          since: dayStart(filters.from, zone, 0),
          before: dayStart(filters.to, zone, 1),
        },
      }),
    ask(listAgentsAtAGlance, { query: { limit: MOST_AGENTS } }),
  ]);
  const names = agents.ok ? agents.body.data.map(({ name }) => name) : [];
  // One that is filtered by stays in the list, also where there are too many to show them all.
  if (filters.agent !== '' && !names.includes(filters.agent)) names.push(filters.agent);
  return {
    filters,
    isFiltered: Object.values(filters).some((filter) => filter !== ''),
    agents: names.sort(),
    states: MAIL_STATES.map((value) => ({ value, label: MAIL_STATE_WORDS[value].label })),
    mails: list.ok ? list.body.data : [],
    next: list.ok ? list.body.next_cursor : null,
    refusal: list.ok ? null : list,
  };
}

function given(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : trimmed;
}

/** What no form of the page sends: a list without that filter would pass for what was asked for. */
function wrongFilter({ state, from, to }: MailFilters, known: string | undefined): Refusal | null {
  if (state !== '' && known === undefined) {
    return refuse('invalid_request', 'No mail has such a state. Choose one from the list.');
  }
  if ([from, to].some((day) => day !== '' && Number.isNaN(noonOf(day)))) {
    return refuse('invalid_request', 'A day must be one of the calendar, such as 2026-11-28.');
  }
  return null;
}

/** Epoch ms of noon in UTC; NaN for what is no day. */
function noonOf(day: string): number {
  const noon = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T12:00:00Z`) : Number.NaN;
  // 31 June is read as 1 July.
  return !Number.isNaN(noon) && dayIn('UTC', noon) === day ? noon : Number.NaN;
}

/** When a day begins, or the one so many days after it; undefined where none is given. */
function dayStart(day: string, zone: string, after: number): string | undefined {
  if (day === '') return undefined;
  return new Date(startOfDay(zone, dayIn('UTC', noonOf(day) + after * DAY_MS))).toISOString();
}
