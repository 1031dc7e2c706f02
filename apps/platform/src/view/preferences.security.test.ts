/** Cookies are what a browser sends: anything. */
import { expect, it } from 'vitest';
import { readPreferences } from './preferences.ts';

const read = (cookie: string) => readPreferences(new Headers({ cookie }));

it('reads what pages wrote', () => {
  expect(read('tinyfat_theme=dark; tinyfat_zone=Europe%2FBerlin')).toEqual({
    theme: 'dark',
    zone: 'Europe/Berlin',
  });
});

it.each([
  '',
  'tinyfat_theme=pink; tinyfat_zone=Nowhere/Land',
  'tinyfat_zone=%E0%A4%A',
  'tinyfat_zone="><script>alert(1)</script>',
  `tinyfat_zone=${'A'.repeat(5000)}`,
  'tinyfat_theme; tinyfat_zone',
])('passes over %s', (cookie) => {
  expect(read(cookie)).toEqual({ theme: 'system', zone: null });
});
