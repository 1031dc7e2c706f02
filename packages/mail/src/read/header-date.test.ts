import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoDate } from './header-date.ts';

describe('isoDate', () => {
  it.each([
    ['Sun, 22 Nov 2026 00:30:00 +0200', '2026-11-22T00:30:00+02:00'],
    ['Sun, 22 Nov 2026 23:30:00 -0330', '2026-11-22T23:30:00-03:30'],
    ['22 Nov 2026 00:30 +0545', '2026-11-22T00:30:00+05:45'],
    ['Sun,22 Nov 2026 00:30:00 +0200 (CEST (really))', '2026-11-22T00:30:00+02:00'],
    ['Sunday, 22 November 2026 00:30:00 +02:00', '2026-11-22T00:30:00+02:00'],
    ['sun, 2 nov 2026 0:30:00+0200', '2026-11-02T00:30:00+02:00'],
    ['Sun, 22 Nov 2026\t00:30:00\t+0200', '2026-11-22T00:30:00+02:00'],
    ['22-Nov-2026 00:30:00 +0200', '2026-11-22T00:30:00+02:00'],
    ['Sun, 22 Nov 2026 00:30:00.123 +0200', '2026-11-22T00:30:00+02:00'],
    ['Thu, 31 Dec 2016 23:59:60 +0000', '2016-12-31T23:59:59Z'],
  ])('keeps the offset of %j', (field, iso) => {
    expect(isoDate(field)).toBe(iso);
  });

  it.each([
    ['EST', '-05:00'],
    ['EDT', '-04:00'],
    ['pdt', '-07:00'],
    ['UT', 'Z'],
    ['GMT', 'Z'],
    ['Z', 'Z'],
    ['-0000', 'Z'],
    ['A', 'Z'],
    ['XYZ', 'Z'],
    ['+9999', 'Z'],
    ['', 'Z'],
  ])('reads the zone %j', (zone, offset) => {
    expect(isoDate(`Sun, 22 Nov 2026 00:30:00 ${zone}`)).toBe(`2026-11-22T00:30:00${offset}`);
  });

  it.each([
    ['26', '2026'],
    ['49', '2049'],
    ['50', '1950'],
    ['99', '1999'],
    ['126', '2026'],
  ])('reads the year %s', (year, full) => {
    expect(isoDate(`22 Nov ${year} 00:30:00 +0200`)).toBe(`${full}-11-22T00:30:00+02:00`);
  });

  it.each([
    ['2026-11-22T00:30:00+02:00', '2026-11-22T00:30:00+02:00'],
    ['Sun Nov 22 00:30:00 2026', '2026-11-22T00:30:00Z'],
    ['Sun Nov 22 00:30:00 GMT 2026', '2026-11-22T00:30:00Z'],
  ])('reads what is no mail date but one: %j', (field, iso) => {
    expect(isoDate(field)).toBe(iso);
  });

  it.each([
    '',
    'someday',
    '31 Feb 2026 00:00:00 +0000',
    '22 Nov 2026 24:00:00 +0000',
    '22 Nov 2026 00:60:00 Z',
  ])('is none: %j', (field) => {
    expect(isoDate(field)).toBeNull();
  });

  it('is null or a time that can be read, for any field', () => {
    const piece = fc.constantFrom(
      'Sun, ',
      '22 ',
      'Nov ',
      '2026 ',
      '26',
      '00:30',
      ':00',
      ' +0200',
      ' EST',
      '(',
      ')',
      '-',
      '99999',
      '\0',
      '٣',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
        ),
        (field) => {
          const iso = isoDate(field);
          if (iso !== null) {
            expect(iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d|\.\d{3}Z)$/);
            expect(Number.isNaN(Date.parse(iso))).toBe(false);
          }
        },
      ),
    );
    expect(isoDate('('.repeat(100_000))).toBeNull();
  });
});
