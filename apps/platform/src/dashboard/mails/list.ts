/** What the page of all mails shows: the filters of its URL, and a page of the mails that they leave. */
import { MAIL_STATES } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
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
  const [list, agents] = await Promise.all([
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

/** When a day begins, or the one so many days after it; undefined for what is no day. */
function dayStart(day: string, zone: string, after: number): string | undefined {
  const noon = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T12:00:00Z`) : Number.NaN;
  if (Number.isNaN(noon)) return undefined;
  return new Date(startOfDay(zone, dayIn('UTC', noon + after * DAY_MS))).toISOString();
}
