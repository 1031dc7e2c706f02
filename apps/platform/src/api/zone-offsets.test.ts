import { expect, it } from 'vitest';
import { startOfDayIn, zoneOffsets } from './zone-offsets.ts';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);

it('follows the clocks of a zone over their change', () => {
  expect(zoneOffsets('Europe/Berlin', at('2026-10-01'), at('2026-11-27'))).toEqual([
    { until: at('2026-10-25T01:00:00Z'), ms: 2 * HOUR },
    { until: at('2026-11-27'), ms: HOUR },
  ]);
  expect(zoneOffsets('America/St_Johns', at('2026-03-01'), at('2026-03-20'))).toEqual([
    { until: at('2026-03-08T05:30:00Z'), ms: -3.5 * HOUR },
    { until: at('2026-03-20'), ms: -2.5 * HOUR },
  ]);
});

it('is one offset where none changes, also of a zone that is an offset itself', () => {
  const until = at('2026-11-27');
  for (const [zone, ms] of [
    ['UTC', 0],
    ['Asia/Kathmandu', 5.75 * HOUR],
    ['+05:30', 5.5 * HOUR],
    ['-03:00', -3 * HOUR],
  ] as const) {
    expect(zoneOffsets(zone, at('2026-08-01'), until)).toEqual([{ until, ms }]);
  }
});

it.each(['', 'Mars/Olympus', '../../etc/passwd', '+99:00', "UTC'; drop table runs"])(
  'does not know %j',
  (zone) => {
    expect(zoneOffsets(zone, 0, 1)).toBeNull();
  },
);

it('knows when a day begins, also on the day of a change', () => {
  expect(startOfDayIn('Europe/Berlin', '2026-10-25')).toBe(at('2026-10-24T22:00:00Z'));
  expect(startOfDayIn('Europe/Berlin', '2026-10-26')).toBe(at('2026-10-25T23:00:00Z'));
  expect(startOfDayIn('Pacific/Auckland', '2026-11-28')).toBe(at('2026-11-27T11:00:00Z'));
  // Clocks go from midnight to one, and a day has its last hour twice.
  expect(startOfDayIn('Africa/Cairo', '2026-04-24')).toBe(at('2026-04-23T22:00:00Z'));
  expect(startOfDayIn('Africa/Cairo', '2026-10-30')).toBe(at('2026-10-29T22:00:00Z'));
  expect(startOfDayIn('America/Havana', '2026-03-08')).toBe(at('2026-03-08T05:00:00Z'));
  expect(startOfDayIn('America/Havana', '2026-11-01')).toBe(at('2026-11-01T04:00:00Z'));
  expect(startOfDayIn('Mars/Olympus', '2026-11-28')).toBeUndefined();
});
