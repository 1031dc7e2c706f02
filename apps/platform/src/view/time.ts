/** Times in words, and as the viewer's clock shows them. */

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `5 minutes ago`, `yesterday`, `in 2 hours`, `just now`; times in epoch ms. */
export function agoText(at: number, now: number): string {
  const past = now - at;
  for (const [unit, ms] of STEPS) {
    if (Math.abs(past) >= ms) return words.format(-Math.sign(past) * Math.floor(Math.abs(past) / ms), unit);
  }
  return 'just now';
}

/** `Sat 28 Nov 2026, 23:15:07 GMT+1` in a zone of the IANA database. */
export function exactText(at: number, zone: string): string {
  const { weekday, day, month, year, hour, minute, second, timeZoneName } = partsOf(at, zone);
  return `${weekday} ${day} ${month} ${year}, ${hour}:${minute}:${second} ${timeZoneName}`;
}

/** The calendar day at a time in a zone, as `2026-11-28`. */
export function dayIn(zone: string, at: number): string {
  const { year, month, day } = numbersOf(at, zone);
  return `${year}-${month}-${day}`;
}

/**
 * When a calendar day begins in a zone, epoch ms: the first moment that has its date, also where the clock is put on at
 * midnight. `day` is `2026-11-28`.
 */
export function startOfDay(zone: string, day: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`);
  // Zones lie within 14 hours of UTC; the day begins where its date is reached (binary search over minutes).
  let before = utc - 15 * 3_600_000;
  let after = utc + 15 * 3_600_000;
  while (after - before > 60_000) {
    const middle = before + Math.floor((after - before) / 120_000) * 60_000;
    if (dayIn(zone, middle) < day) before = middle;
    else after = middle;
  }
  return after;
}

/** How long something took: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Whether the runtime knows a zone of this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** The zones that a process remembers formats for. */
const MOST_FORMATS = 64;

function format(zone: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = formats.get(key);
  if (known) return known;
  if (formats.size >= MOST_FORMATS) formats.clear();
  const made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone, hourCycle: 'h23' });
  formats.set(key, made);
  return made;
}

function named(parts: Intl.DateTimeFormatPart[]): Record<string, string> {
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

function partsOf(at: number, zone: string): Record<string, string> {
  const whole = format(zone, 'exact', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return named(whole.formatToParts(at));
}

function numbersOf(at: number, zone: string): Record<string, string> {
  const whole = format(zone, 'day', { year: 'numeric', month: '2-digit', day: '2-digit' });
  return named(whole.formatToParts(at));
}
