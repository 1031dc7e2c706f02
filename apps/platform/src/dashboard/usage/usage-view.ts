/** Which usage a page shows: all of it stands in the URL. */

import { zoneOffsets } from '../../api/zone-offsets.ts';
import { dayIn, startOfDay } from '../../view/time.ts';

/** So many days up to now; one is the last 24 hours, by hour. */
export const WINDOWS = [1, 7, 30, 90] as const;
/** What makes a row of the table. */
export const VIEWS = ['day', 'model', 'agent', 'sender'] as const;
export const UNITS = ['usd', 'tokens'] as const;

export interface UsageView {
  days: (typeof WINDOWS)[number];
  by: (typeof VIEWS)[number];
  /** What the picture shows. */
  show: (typeof UNITS)[number];
  /** Name of the one agent that it is of. */
  agent?: string;
  /** The one owner whose it is: for admins, who else see everybody's. */
  owner?: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The view that a URL names; what it does not, or names wrongly, is as usual. */
export function readUsageView(search: URLSearchParams): UsageView {
  const one = <Value extends string | number>(values: readonly Value[], name: string, usual: Value) =>
    values.find((value) => String(value) === search.get(name)) ?? usual;
  const [agent, owner] = [search.get('agent')?.trim(), search.get('owner')?.trim()];
  return {
    days: one(WINDOWS, 'days', 7),
    by: one(VIEWS, 'by', 'day'),
    show: one(UNITS, 'show', 'usd'),
    ...(agent ? { agent } : {}),
    ...(owner ? { owner } : {}),
  };
}

/** The address of a view, of the page or of the same as CSV. */
export function usageHref(view: UsageView, path: '/usage' | '/usage.csv' = '/usage'): string {
  const search = new URLSearchParams({ days: String(view.days), by: view.by });
  if (view.show !== 'usd') search.set('show', view.show);
  if (view.agent !== undefined) search.set('agent', view.agent);
  if (view.owner !== undefined) search.set('owner', view.owner);
  return `${path}?${search}`;
}

/** From when to when, epoch ms, and what a bar is of. */
export interface UsageWindow {
  from: number;
  /** The end of the hour that it is now, or of today. */
  to: number;
  slot: 'hour' | 'day';
  /** Of the bars as the API has them, in order, without a gap. */
  keys: string[];
}

/** The window of so many days up to `now` (epoch ms), the one of today included, in the days of a zone. */
export function usageWindow(days: UsageView['days'], now: number, zone: string): UsageWindow {
  const to = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  if (days === 1) {
    const from = to - DAY_MS;
    return { from, to, slot: 'hour', keys: hoursOf(zone, from, to) };
  }
  const today = Date.parse(`${dayIn(zone, now)}T00:00:00Z`);
  const keys = Array.from({ length: days }, (_, index) =>
    new Date(today - (days - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  );
  const tomorrow = new Date(today + DAY_MS).toISOString().slice(0, 10);
  return { from: startOfDay(zone, keys[0] ?? ''), to: startOfDay(zone, tomorrow), slot: 'day', keys };
}

/** The hours that clocks of the zone show in a time; an hour that they skip is there, one that they repeat is there once. */
function hoursOf(zone: string, from: number, to: number): string[] {
  const offsets = zoneOffsets(zone, from, to) ?? [];
  const [first, last] = [offsets[0]?.ms ?? 0, offsets.at(-1)?.ms ?? 0];
  const begin = Math.floor((from + first) / HOUR_MS) * HOUR_MS;
  const hours: string[] = [];
  for (let at = begin; at < to + last; at += HOUR_MS) hours.push(new Date(at).toISOString().slice(0, 16));
  return hours;
}

const day = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** A key of an hour or a day as people read it: `14:00`, `Fri 27 Nov`. */
export function slotText(key: string): string {
  return key.length > 10 ? key.slice(11) : day.format(Date.parse(`${key}T00:00:00Z`)).replace(',', '');
}
