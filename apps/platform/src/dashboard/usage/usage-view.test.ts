import { expect, it } from 'vitest';
import { readUsageView, slotText, usageHref, usageWindow } from './usage-view.ts';

const at = (text: string) => Date.parse(text);

it('is read from the URL and written back; what is wrong there is as usual', () => {
  const view = readUsageView(new URLSearchParams('days=90&by=sender&show=tokens&agent=scout'));
  expect(view).toEqual({ days: 90, by: 'sender', show: 'tokens', agent: 'scout' });
  expect(usageHref(view)).toBe('/usage?days=90&by=sender&show=tokens&agent=scout');
  const usual = { days: 7, by: 'day', show: 'usd' };
  for (const odd of ['', 'days=1000&by=__proto__&show=<script>&agent=', 'days=07']) {
    expect(readUsageView(new URLSearchParams(odd))).toEqual(usual);
  }
});

it('is of whole days of the zone, over a change of its clocks, today included', () => {
  const window = usageWindow(7, at('2026-10-28T22:30:00Z'), 'Europe/Berlin');
  expect(window).toMatchObject({
    slot: 'day',
    from: at('2026-10-21T22:00:00Z'),
    to: at('2026-10-28T23:00:00Z'),
  });
  expect(window.keys).toHaveLength(7);
  expect([window.keys[0], window.keys[6]]).toEqual(['2026-10-22', '2026-10-28']);
});

it('is of the last 24 hours as the clocks of the zone show them', () => {
  const window = usageWindow(1, at('2026-11-27T12:30:00Z'), 'Europe/Berlin');
  expect([window.from, window.to]).toEqual([at('2026-11-26T13:00:00Z'), at('2026-11-27T13:00:00Z')]);
  expect(window.keys).toHaveLength(24);
  expect([window.keys[0], window.keys[23]]).toEqual(['2026-11-26T14:00', '2026-11-27T13:00']);
  // Half an hour of the first and of the last one.
  expect(usageWindow(1, at('2026-11-27T12:30:00Z'), 'Asia/Kolkata').keys).toHaveLength(25);
  // 25 October has 25 hours in Berlin, two of which are shown alike.
  expect(usageWindow(1, at('2026-10-25T12:30:00Z'), 'Europe/Berlin').keys).toHaveLength(23);
});

it('names bars in words', () => {
  expect([slotText('2026-11-27'), slotText('2026-11-27T09:00')]).toEqual(['Fri 27 Nov', '09:00']);
});
