/** The Date field (RFC 5322 section 3.3, its obsolete forms of section 4.3 included). */

const longest = 200;
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
/** Hours from UTC of the zones that have names there; every other name says nothing. */
const zones: Readonly<Record<string, number>> = {
  edt: -4,
  est: -5,
  cdt: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
};

const form =
  /^(?:[a-z]{2,9}\.?,? ?)?(\d{1,2})[ -]?([a-z]{3})[a-z]{0,6}\.?,?[ -]?(\d{2,4}) (\d{1,2}) ?: ?(\d{2})(?: ?: ?(\d{2}))?(?:\.\d{1,9})?(?: ?([+-]\d{2}):?(\d{2})| ([a-z]{1,9}))?$/i;

/**
 * ISO 8601 with the offset that the sender's clock had, such as `2026-11-22T00:30:00+02:00`: at midnight the day depends on
 * it. `Z` where none is told. Null for what is no date.
 */
export function isoDate(value: string): string | null {
  const text = value
    .slice(0, longest)
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const found = form.exec(text);
  if (found === null) return otherwise(text);
  const [, day = '', month = '', year = '', hour = '', minute = '', second = '0', hours, minutes, zone] =
    found;
  const parts = [
    fullYear(year),
    months.indexOf(month.toLowerCase()),
    Number(day),
    Number(hour),
    Number(minute),
    // A leap second is not a time that ISO 8601 readers take.
    Math.min(59, Number(second)),
  ] as const;
  const time = new Date(Date.UTC(...parts));
  const isReal = time.getUTCMonth() === parts[1] && time.getUTCDate() === parts[2];
  if (!isReal || parts[3] > 23 || parts[4] > 59 || Number(second) > 60) return null;
  return time.toISOString().replace('.000Z', offset(hours, minutes, zone));
}

/** `26` is 2026, `99` is 1999, `126` is 2026 (RFC 5322 section 4.3). */
function fullYear(year: string): number {
  if (year.length > 3) return Number(year);
  if (year.length === 3) return 1900 + Number(year);
  return Number(year) + (Number(year) < 50 ? 2000 : 1900);
}

function offset(hours: string | undefined, minutes: string | undefined, zone: string | undefined): string {
  const named = zones[zone?.toLowerCase() ?? ''];
  if (named !== undefined) return `${named < 0 ? '-' : '+'}${String(Math.abs(named)).padStart(2, '0')}:00`;
  if (hours === undefined || minutes === undefined) return 'Z';
  const isZone = Math.abs(Number(hours)) <= 14 && Number(minutes) < 60;
  return !isZone || (Number(hours) === 0 && Number(minutes) === 0) ? 'Z' : `${hours}:${minutes}`;
}

/** What only the platform's own reader takes; ISO dates keep the offset that they came with. */
function otherwise(text: string): string | null {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/.test(text)) {
    return Number.isNaN(Date.parse(text)) ? null : text;
  }
  // Without a zone it would be the time zone of this machine.
  const time = new Date(/(?:[+-]\d{4}|[A-Z]{1,4})$/.test(text) ? text : `${text} UTC`);
  const year = time.getUTCFullYear();
  return Number.isNaN(time.getTime()) || year < 0 || year > 9999
    ? null
    : time.toISOString().replace('.000Z', 'Z');
}
