/** How far the clocks of a zone are before UTC over a time, so that a database can add up what fell on each of their days. */
import type { ZoneOffset } from '@tinyfat/database';

/** A zone changes its clocks at least this long after the last change, or is not followed. */
const STEP_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The offsets from `from` to `to` (epoch ms), in order; the last one's `until` is `to`. `zone` is a name of the IANA
 * database or an offset such as `+05:30`; null where the runtime does not know it.
 */
export function zoneOffsets(zone: string, from: number, to: number): ZoneOffset[] | null {
  const offsetAt = offsetsOf(zone);
  if (offsetAt === null) return null;
  const offsets: ZoneOffset[] = [];
  let ms = offsetAt(from);
  for (let at = from; at < to; at += STEP_MS) {
    const next = Math.min(at + STEP_MS, to);
    const after = offsetAt(next);
    if (after === ms) continue;
    offsets.push({ until: changeBetween(at, next, (time) => offsetAt(time) !== ms), ms });
    ms = after;
  }
  return [...offsets, { until: to, ms }];
}

/** The first whole minute at which something has changed, between a time before and one after that. */
function changeBetween(before: number, after: number, hasChanged: (at: number) => boolean): number {
  let [low, high] = [Math.floor(before / MINUTE_MS), Math.ceil(after / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (hasChanged(middle * MINUTE_MS)) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

function offsetsOf(zone: string): ((at: number) => number) | null {
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    return (at) =>
      readOffset(format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '');
  } catch {
    return null;
  }
}

/** `GMT+05:30`, `GMT-00:01:15` or `GMT`, as ms. */
function readOffset(text: string): number {
  const [, sign, hours, minutes, seconds = '0'] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS + Number(seconds) * 1000;
  return sign === '-' ? -ms : ms;
}

/** When a day (`2026-11-28`) begins in a zone, epoch ms; undefined where the runtime does not know the zone. */
export function startOfDayIn(zone: string, day: string): number | undefined {
  const utc = Date.parse(`${day}T00:00:00Z`);
  const offsets = zoneOffsets(zone, utc - DAY_MS, utc + DAY_MS);
  if (offsets === null) return undefined;
  let since = Number.NEGATIVE_INFINITY;
  for (const { until, ms } of offsets) {
    // Where clocks are set forward at midnight, the day begins with that.
    if (utc - ms < until) return Math.max(utc - ms, since);
    since = until;
  }
  return utc;
}
