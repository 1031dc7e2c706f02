/** Steps of a run from its events: what step-mom writes, and whatever an agent puts into their place. */
import { describe, expect, it } from 'vitest';
import { barOf, cutText, isFolded, lineOf, summaryOf, tookText, usedText } from './step-text.ts';
import {
  addEvent,
  modelWorksSince,
  openTimeline,
  type RunEvent,
  stepOf,
  stepToRead,
  timelineOf,
} from './timeline.ts';

const AT = Date.UTC(2026, 10, 28, 12);
/** Events a second after one another. */
const events = (...all: Record<string, unknown>[]): RunEvent[] =>
  all.map(({ attempt = 1, ...event }, index) => ({
    seq: index + 1,
    attempt: Number(attempt),
    event: { timestamp: new Date(AT + index * 1000).toISOString(), ...event },
  }));
const START = { type: 'start', run_id: 'r', model: 'claude-haiku-5-5' };
const USAGE = { type: 'usage', usage: { input: 20, output: 7, cacheRead: 3000, cacheWrite: 0 } };
const CALL = { type: 'tool_call', id: 'c', name: 'bash', args: { command: 'ls\nmore' } };
const RESULT = { type: 'tool_result', id: 'c', name: 'bash', output: 'a\nb', is_error: false };

describe('the steps of a run', () => {
  it('are answers of the model and calls of tools, each with its time and what it used', () => {
    const timeline = timelineOf(
      events(START, USAGE, CALL, RESULT, USAGE, { type: 'text', content: 'Done.' }, { type: 'end' }),
    );
    const [attempt] = timeline.attempts;
    expect(attempt).toMatchObject({ number: 1, began: AT, ended: AT + 6000, model: 'claude-haiku-5-5' });
    const steps = attempt?.steps ?? [];
    expect(steps.map((step) => [step.key, step.title, lineOf(step), tookText(step, 0)])).toEqual([
      [2, 'Model', 'chose what to do next', '1.0 s'],
      [3, 'bash', 'ls', '1.0 s'],
      [5, 'Model', 'Done.', '1.0 s'],
    ]);
    expect([timeline.contextTokens, steps[0] && usedText(steps[0])]).toEqual([
      3027,
      'tokens: 20 in, 7 out, 3.0k from the cache',
    ]);
    expect(steps[1]).toMatchObject({ input: 'ls\nmore', text: 'a\nb', failed: false });
    expect(steps[1] && summaryOf(steps[1])).toBe('It gave 2 lines');
    expect(stepToRead(timeline, false)?.key).toBe(5);
  });

  it('grow while the model writes, and are whole once it has written', () => {
    const timeline = openTimeline();
    const all = events(
      START,
      { type: 'text_part', content: 'The har' },
      { type: 'text_part', content: 'bour' },
      USAGE,
      { type: 'text', content: 'The harbour is full.' },
    );
    expect(modelWorksSince(timeline)).toBeNull();
    for (const event of all.slice(0, 1)) addEvent(timeline, event);
    expect(modelWorksSince(timeline)).toBe(AT);
    for (const event of all.slice(1, 3)) addEvent(timeline, event);
    expect([stepOf(timeline, 2)?.text, stepOf(timeline, 2)?.ended]).toEqual(['The harbour', null]);
    expect(modelWorksSince(timeline)).toBeNull();
    // What comes twice, after a reconnection, counts once.
    for (const event of all) addEvent(timeline, event);
    expect(timeline.attempts[0]?.steps).toMatchObject([
      { key: 2, text: 'The harbour is full.', ended: AT + 3000, tokens: { output: 7 } },
    ]);
  });

  it('stand in their attempts: one that was cut off ends, with the call that it was in', () => {
    const again = { ...START, attempt: 2 };
    const timeline = timelineOf(events(START, USAGE, CALL, again, { ...RESULT, attempt: 2, output: 'new' }));
    expect(timeline.attempts.map(({ number, steps }) => [number, steps.length])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(timeline.attempts[0]?.ended).toBe(AT + 1000);
    expect(timeline.attempts[0]?.steps[1]).toMatchObject({ text: '', ended: AT + 1000 });
  });

  it('are read at what failed, where the run did', () => {
    const failed = timelineOf(
      events(
        START,
        CALL,
        { ...RESULT, is_error: true },
        { type: 'error', code: 'llm_stalled', message: '' },
        USAGE,
      ),
    );
    expect(stepToRead(failed, true)).toMatchObject({ kind: 'error', text: 'llm_stalled' });
    expect(stepToRead(failed, false)?.key).toBe(5);
    expect(stepToRead(timelineOf([]), true)).toBeUndefined();
  });

  it('tell of refused connections and warnings', () => {
    const { attempts } = timelineOf(
      events(
        START,
        {
          type: 'connection_refused',
          host: 'x.example',
          port: 25,
          code: 'port',
          reason: 'No mail from here.',
        },
        { type: 'warning', message: 'MEMORY.md is too long.' },
      ),
    );
    expect(attempts[0]?.steps.map(({ title, text }) => [title, text])).toEqual([
      ['Connection refused', 'x.example:25\nNo mail from here.'],
      ['Warning', 'MEMORY.md is too long.'],
    ]);
  });

  it('say where only the beginning of an output is on record, and fold what is long', () => {
    const { attempts } = timelineOf(
      events(CALL, { ...RESULT, output: 'x'.repeat(4000), full_length: 120_000 }),
    );
    const [step] = attempts[0]?.steps ?? [];
    expect(step && [cutText(step), isFolded(step)]).toEqual([
      'The first 4,000 of 120,000 characters are on record here.',
      true,
    ]);
    expect(step && isFolded({ ...step, text: 'x\n'.repeat(20) })).toBe(true);
    expect(step && isFolded({ ...step, text: 'x\n'.repeat(20), failed: true })).toBe(false);
    expect(step && isFolded({ ...step, text: 'short' })).toBe(false);
  });

  it.each([
    [{ type: 'tool_call' }],
    [{ type: 'tool_call', id: {}, name: ['x'], args: null }],
    [{ type: 'tool_result', id: 'none', output: { toString: 'x' }, full_length: -1 }],
    [{ type: 'text', content: 7, timestamp: 'never' }],
    [{ type: 'text_part' }],
    [{ type: 'usage', usage: 'much' }],
    [{ type: 'usage', usage: { input: Number.NaN, output: '9', cacheRead: -4 } }],
    [{ type: 'start', model: 5, timestamp: {} }],
    [{ type: 'end', timestamp: 1e300 }],
    [{ type: '__proto__' }],
    [{}],
  ])('come of anything that an agent writes: %j', (event) => {
    const { attempts } = timelineOf(events(START, event, { type: 'text', content: 'after' }));
    const steps = attempts.flatMap((attempt) => attempt.steps);
    expect(steps.at(-1)?.text).toBe('after');
    for (const attempt of attempts) {
      for (const step of attempt.steps) {
        const { from, width } = barOf(step, attempt, AT);
        expect([typeof step.text, typeof lineOf(step), from >= 0, from + width <= 1000]).toEqual([
          'string',
          'string',
          true,
          true,
        ]);
      }
    }
  });

  it('are bounded, whatever an agent writes', () => {
    const long = 'y'.repeat(1_000_000);
    const { attempts } = timelineOf(
      events(
        { ...START, model: long },
        { type: 'text_part', content: long },
        { type: 'text_part', content: long },
        { ...CALL, name: long, args: { command: long } },
        { ...RESULT, output: long },
        { type: 'warning', message: long },
        { type: long },
      ),
    );
    expect(JSON.stringify(attempts).length).toBeLessThan(90_000);
    expect(attempts[0]?.steps[1]).toMatchObject({ fullLength: 1_000_000 });
  });

  it('have bars within their attempt, none too narrow to be seen', () => {
    const timeline = timelineOf(events(START, USAGE, CALL, RESULT));
    const [attempt] = timeline.attempts;
    const bars = attempt?.steps.map((step) => barOf(step, attempt, AT + 1_000_000));
    expect(bars).toEqual([
      { from: 0, width: 8 },
      { from: 2, width: 8 },
    ]);
  });
});
