/** Cookies are what a browser sends: anything. */
import { expect, it } from 'vitest';
import { readPreferences } from './preferences.ts';

const read = (cookie: string) => readPreferences(new Headers({ cookie }));

it('reads what pages wrote', () => {
  expect(read('tinyfat_theme=dark; tinyfat_zone=Europe%2FBerlin')).toEqual({
    theme: 'dark',
    zone: 'Europe/Berlin',
    zoneChosen: true,
  });
});

it('knows the zone of the browser from one that was chosen, which counts', () => {
  const said = 'tinyfat_browser_zone=Asia%2FTokyo';
  expect(read(said)).toMatchObject({ zone: 'Asia/Tokyo', zoneChosen: false });
  expect(read(`${said}; tinyfat_zone=UTC`)).toMatchObject({ zone: 'UTC', zoneChosen: true });
  expect(read(`${said}; tinyfat_zone=Nowhere`)).toMatchObject({ zone: 'Asia/Tokyo', zoneChosen: false });
});

it.each([
  '',
  'tinyfat_theme=pink; tinyfat_zone=Nowhere/Land',
  'tinyfat_zone=%E0%A4%A',
  'tinyfat_zone="><script>alert(1)</script>',
  `tinyfat_zone=${'A'.repeat(5000)}`,
  'tinyfat_theme; tinyfat_zone',
  'tinyfat_browser_zone="><img src=x>',
])('passes over %s', (cookie) => {
  expect(read(cookie)).toEqual({ theme: 'system', zone: null, zoneChosen: false });
});
