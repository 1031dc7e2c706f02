/** What the page about usage shows: asked of the API, put into rows. */
import type { Outcome } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as routes from '../../api/routes/usage.ts';
import { countText } from '../../view/numbers.ts';
import { slotText, type UsageView, type UsageWindow, usageWindow } from './usage-view.ts';

/** One line of a table. */
export interface UsageLine {
  key: string;
  /** What people read; said in words where the key is empty. */
  label: string;
  turns: number;
  input: number;
  output: number;
  cached: number;
  /** All of them. */
  tokens: number;
  usd: number;
  /** Of the total in the unit that is shown, from 0 to 1; null where the total is 0. */
  share: number | null;
}

/** A day of the month in UTC, with what was spent from its beginning to the end of that day. */
export interface MonthDay {
  day: string;
  usd: number;
}

/** The month in which money is capped. Amounts in US dollars. */
export interface UsageMonth {
  name: string;
  spent: number;
  reserved: number;
  /** Null: nothing caps it. */
  cap: number | null;
  /** Null: unknown. */
  projected: number | null;
  state: 'ok' | 'low' | 'exhausted' | null;
  days: MonthDay[];
  /** How many days it has. */
  length: number;
}

export interface UsagePage {
  window: UsageWindow;
  /** One for each bar of the picture. */
  slots: UsageLine[];
  /** Null where the slots are the table. */
  lines: UsageLine[] | null;
  /** Further lines, which the table leaves out. */
  more: number;
  total: Pick<UsageLine, 'turns' | 'tokens' | 'usd'>;
  month: UsageMonth;
}

/** A page has so many lines; the rest is in the CSV, which has as many rows as the API gives. */
const MOST_LINES = 30;
const MOST_ROWS = 1000;
const UNNAMED = { model: 'no model reached', agent: 'deleted agent', sender: 'no sender', day: '', hour: '' };

interface UsageSum {
  key: string;
  turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_usd: number;
}

/** Asks for all of it; a refusal is that of the first question that was refused. */
export async function usagePage(
  ask: Ask,
  view: UsageView,
  { now, zone }: { now: number; zone: string },
): Promise<Outcome<UsagePage>> {
  const of = {
    ...(view.agent === undefined ? {} : { agent: view.agent }),
    ...(view.owner === undefined ? {} : { owner: view.owner }),
  };
  const window = usageWindow(view.days, now, zone);
  const time = { from: isoTime(window.from), to: isoTime(window.to) };
  const bars = await sums(ask, { ...of, ...time, by: window.slot, zone });
  if (!bars.ok) return bars;
  const found = view.by === 'day' ? null : await sums(ask, { ...of, ...time, by: view.by });
  if (found && !found.ok) return found;
  const month = await monthOf(ask, of);
  if (!month.ok) return month;

  const total = totalOf(bars.body.map((row) => lineOf(row, '')));
  const whole = total[view.show];
  const byKey = new Map(bars.body.map((row) => [row.key, row]));
  const slots = window.keys.map((key) =>
    withShare(lineOf(byKey.get(key) ?? { ...NOTHING, key }, slotText(key)), view.show, whole),
  );
  const lines = found?.body
    .slice(0, MOST_LINES)
    .map((row) => withShare(lineOf(row, row.key === '' ? UNNAMED[view.by] : row.key), view.show, whole));
  const more = Math.max(0, (found?.body.length ?? 0) - MOST_LINES);
  return { ok: true, body: { window, slots, lines: lines ?? null, more, total, month: month.body } };
}

/** What is said below a table that leaves `more` lines out. */
export function moreText(more: number): string {
  // How many there are beyond those of the CSV is not known.
  if (more + MOST_LINES >= MOST_ROWS) return `The CSV has the ${countText(MOST_ROWS)} that cost most.`;
  return `${countText(more)} more ${more === 1 ? 'is' : 'are'} in the CSV.`;
}

/** The query of the CSV that has what a view shows. */
export function csvQuery(view: UsageView, now: number, zone: string): Record<string, string> {
  const window = usageWindow(view.days, now, zone);
  return {
    from: isoTime(window.from),
    to: isoTime(window.to),
    by: view.by === 'day' ? window.slot : view.by,
    zone,
    ...(view.agent === undefined ? {} : { agent: view.agent }),
    ...(view.owner === undefined ? {} : { owner: view.owner }),
  };
}

async function sums(ask: Ask, query: Record<string, string>): Promise<Outcome<UsageSum[]>> {
  const answer = await ask(routes.getUsage, { query });
  if (!answer.ok) return answer;
  return { ok: true, body: 'list' in answer.body ? answer.body.list.data : [] };
}

async function monthOf(ask: Ask, of: { agent?: string; owner?: string }): Promise<Outcome<UsageMonth>> {
  const answer = await ask(routes.getUsageMonth, { query: of });
  if (!answer.ok) return answer;
  const { body } = answer;
  const days = await sums(ask, { ...of, from: body.from, to: body.to, by: 'day' });
  if (!days.ok) return days;
  let usd = 0;
  return {
    ok: true,
    body: {
      name: body.month,
      spent: body.spent_usd,
      reserved: body.reserved_usd,
      cap: body.monthly_usd,
      projected: body.projected_usd,
      state: body.state,
      days: days.body.map(({ key, cost_usd }) => {
        usd += cost_usd;
        return { day: key, usd };
      }),
      length: Math.round((Date.parse(body.to) - Date.parse(body.from)) / 86_400_000),
    },
  };
}

const NOTHING = {
  turns: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  cost_usd: 0,
};

function lineOf(row: UsageSum, label: string): UsageLine {
  const cached = row.cache_read_tokens + row.cache_write_tokens;
  return {
    key: row.key,
    label,
    turns: row.turns,
    input: row.input_tokens,
    output: row.output_tokens,
    cached,
    tokens: row.input_tokens + row.output_tokens + cached,
    usd: row.cost_usd,
    share: null,
  };
}

function withShare(line: UsageLine, show: UsageView['show'], whole: number): UsageLine {
  return { ...line, share: whole > 0 ? line[show] / whole : null };
}

function totalOf(lines: readonly UsageLine[]): UsagePage['total'] {
  const total = { turns: 0, tokens: 0, usd: 0 };
  for (const line of lines) {
    total.turns += line.turns;
    total.tokens += line.tokens;
    total.usd += line.usd;
  }
  return total;
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
