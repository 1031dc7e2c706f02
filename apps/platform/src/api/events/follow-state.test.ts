/** What a page hears while nothing happens: its script opens a stream anew that has been silent. */
import { expect, it } from 'vitest';
import { ALIVE, frame, HEARTBEAT } from './follow-run.ts';
import { followState } from './follow-state.ts';

it('says as an event that it lives, where nothing changes for a while', async () => {
  let now = 0;
  const clock = () => {
    now += 10_000;
    return now;
  };
  const streams = { pollMs: 0, mostMs: 1_000_000, open: { acquire: () => () => {} } };
  const left = new AbortController();
  const state = { state: { mail: null }, isOver: false };
  const frames = followState({ clock, streams }, left.signal, async () => state);
  const seen: (string | undefined)[] = [];
  for (let count = 0; count < 4; count++) seen.push((await frames.next()).value ?? undefined);
  left.abort();
  expect(seen).toEqual([HEARTBEAT, frame({ mail: null }), ALIVE, ALIVE]);
});
