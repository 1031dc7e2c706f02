/** A stream of a page that outlives restarts, sleep and refusals. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followStream, type StreamEvent, type StreamState } from './event-stream.ts';

/** An EventSource whose server is the test. */
class Source extends EventTarget {
  static all: Source[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    Source.all.push(this);
  }
  close(): void {
    this.readyState = 2;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  /** `given up`: after any answer but 200. */
  breaks(how: 'by itself' | 'given up'): void {
    this.readyState = how === 'given up' ? 2 : 0;
    this.onerror?.();
  }
  sends(data: unknown, { id = '', name = 'message' } = {}): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId: id }));
  }
}

let status: number;
let slept: number;
let events: StreamEvent[];
let states: StreamState[];
let end: () => void;
let hidden: boolean;
const listeners = new Map<string, () => void>();
const online = () => listeners.get('online')?.();
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => listeners.set(name, listener));
  vi.stubGlobal('removeEventListener', () => {});
  [Source.all, status, slept, events, states, hidden] = [[], 429, 0, [], [], false];
  end = followStream(
    {
      path: '/stream',
      after: '4',
      names: ['end'],
      onEvent: (event) => events.push(event),
      onState: (state) => states.push(state),
    },
    {
      open: (url) => new Source(url) as unknown as EventSource,
      statusOf: async () => status,
      clock: () => Date.now() + slept,
      isHidden: () => hidden,
    },
  );
});
afterEach(() => {
  end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
const last = () => Source.all.at(-1) as Source;

it('begins behind what the page has, and hands on what comes', () => {
  expect(last().url).toBe('/stream?after=4');
  last().opens();
  last().sends({ a: 1 }, { id: '5' });
  last().sends({ status: 'done' }, { name: 'end' });
  last().dispatchEvent(new MessageEvent('message', { data: 'no JSON' }));
  expect(events).toEqual([
    { name: 'message', id: '5', data: { a: 1 } },
    { name: 'end', id: '', data: { status: 'done' } },
    { name: 'message', id: '', data: null },
  ]);
  expect(states).toEqual(['live']);
});

it('leaves it to the browser to reconnect after a network error', () => {
  last().breaks('by itself');
  expect([states, Source.all.length]).toEqual([['waiting'], 1]);
});

it('is tried again, ever more slowly, where the server has too many streams, behind the last event', async () => {
  last().opens();
  last().sends({}, { id: '9' });
  last().breaks('given up');
  await vi.advanceTimersByTimeAsync(1000);
  expect(Source.all.map(({ url }) => url)).toEqual(['/stream?after=4', '/stream?after=9']);
  last().breaks('given up');
  await vi.advanceTimersByTimeAsync(1999);
  expect(Source.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(Source.all).toHaveLength(3);
  expect(states).toEqual(['live', 'waiting', 'waiting']);
});

it.each([401, 404])('is not tried again after %i', async (answer) => {
  status = answer;
  last().breaks('given up');
  await vi.advanceTimersByTimeAsync(120_000);
  expect([states, Source.all.length]).toEqual([['refused'], 1]);
});

it('is opened anew after a sleep of the machine, and when nothing is heard for long', async () => {
  last().opens();
  slept = 3_600_000;
  await vi.advanceTimersByTimeAsync(5000);
  expect(Source.all).toHaveLength(2);
  for (let at = 0; at < 4; at++) {
    await vi.advanceTimersByTimeAsync(15_000);
    last().sends({}, { name: 'alive' });
  }
  expect(Source.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(45_000);
  expect(Source.all).toHaveLength(3);
});

it('is opened anew when the network is back', () => {
  online();
  expect([Source.all.length, Source.all[0]?.readyState]).toEqual([2, 2]);
});

it('hands on nothing any more once it was ended, nor what an older connection still says', async () => {
  const [first] = Source.all;
  online();
  first?.sends({}, { id: '7' });
  end();
  await vi.advanceTimersByTimeAsync(120_000);
  expect([events, Source.all.length, last().readyState]).toEqual([[], 2, 2]);
});

it('gives its connection back while nobody sees the page, and goes on behind the last event then', async () => {
  const sees = (isSeen: boolean) => {
    hidden = !isSeen;
    listeners.get('visibilitychange')?.();
  };
  last().opens();
  last().sends({}, { id: '6' });
  sees(false);
  await vi.advanceTimersByTimeAsync(20_000);
  sees(true);
  await vi.advanceTimersByTimeAsync(15_000);
  expect([Source.all.length, last().readyState]).toEqual([1, 1]);
  last().sends({}, { name: 'alive' });
  sees(false);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(last().readyState).toBe(2);
  online();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(Source.all).toHaveLength(1);
  sees(true);
  expect(last().url).toBe('/stream?after=6');
});
