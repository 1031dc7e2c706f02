/** Today's figures against yesterday's, by the days of the viewer's zone. */
import type * as v from 'valibot';
import type { activity } from '../../api/routes/attention.ts';
import { countText, moneyText } from '../../view/numbers.ts';
import { dayIn, startOfDay } from '../../view/time.ts';

const HOUR_MS = 3_600_000;

type Activity = v.InferOutput<typeof activity>;

/** Times in ISO 8601, as the API takes them. */
export interface Days {
  today: { from: string; until: string };
  yesterday: { from: string; until: string };
}

/** When today and yesterday are, whole, at `now` (epoch ms) in a zone. */
export function daysAt(now: number, zone: string): Days {
  const today = startOfDay(zone, dayIn(zone, now));
  const yesterday = startOfDay(zone, dayIn(zone, today - 1));
  // A day has 25 hours at most, and 23 at least.
  const tomorrow = startOfDay(zone, dayIn(zone, today + 26 * HOUR_MS));
  const iso = (at: number) => new Date(at).toISOString();
  return {
    today: { from: iso(today), until: iso(tomorrow) },
    yesterday: { from: iso(yesterday), until: iso(today) },
  };
}

export interface Figure {
  label: string;
  today: string;
  yesterday: string;
}

/** The figures in their order; unknown where one of the days could not be read. */
export function figures(today: Activity | null, yesterday: Activity | null): Figure[] {
  const count = (label: string, of: (day: Activity) => number): Figure => ({
    label,
    today: counted(today, of),
    yesterday: counted(yesterday, of),
  });
  return [
    count('Received', (day) => day.received),
    count('Answered', (day) => day.answered),
    count('Refused', (day) => day.refused),
    {
      label: 'Spent',
      today: moneyText(today?.cost_usd ?? null),
      yesterday: moneyText(yesterday?.cost_usd ?? null),
    },
  ];
}

function counted(day: Activity | null, of: (day: Activity) => number): string {
  if (day === null) return countText(null);
  const count = of(day);
  return count >= day.counted_up_to ? `${countText(day.counted_up_to)}+` : countText(count);
}
