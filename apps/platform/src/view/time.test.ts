import { describe, expect, it } from 'vitest';
import { agoText, dayIn, durationText, exactText, startOfDay } from './time.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

it.each([
  [0, 'just now'],
  [-5 * MINUTE, 'in 5 minutes'],
  [-DAY, 'tomorrow'],
  [-59_999, 'just now'],
  [59_999, 'just now'],
  [MINUTE, '1 minute ago'],
  [59 * MINUTE, '59 minutes ago'],
  [119 * MINUTE, '1 hour ago'],
  [DAY, 'yesterday'],
  [29 * DAY, '29 days ago'],
  [31 * DAY, 'last month'],
  [800 * DAY, '2 years ago'],
])('%d ms before now is %s', (before, text) => {
  const now = Date.UTC(2026, 10, 27);
  expect(agoText(now - before, now)).toBe(text);
});

describe('the clock of a zone', () => {
  it.each([
    ['UTC', '2026-11-28', '2026-11-28T00:00:00.000Z'],
    ['Europe/Berlin', '2026-11-28', '2026-11-27T23:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-11-28', '2026-11-27T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-11-28', '2026-11-28T11:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-28', '2026-11-27T18:15:00.000Z'],
    // The clock was put on from 00:00 to 01:00: the day began at 01:00.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
  ])('in %s the day %s begins at %s', (zone, day, at) => {
    expect(new Date(startOfDay(zone, day)).toISOString()).toBe(at);
    expect(dayIn(zone, Date.parse(at))).toBe(day);
    expect(dayIn(zone, Date.parse(at) - 1)).not.toBe(day);
  });

  it('says the exact time with its zone', () => {
    const at = Date.parse('2026-11-28T23:15:07Z');
    expect(exactText(at, 'UTC')).toBe('Sat 28 Nov 2026, 23:15:07 UTC');
    expect(exactText(at, 'Asia/Tokyo')).toBe('Sun 29 Nov 2026, 08:15:07 GMT+9');
  });
});

it.each([
  [0, '0.0 s'],
  [440, '0.4 s'],
  [12_400, '12 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
