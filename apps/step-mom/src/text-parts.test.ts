import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { textParts } from './text-parts.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('hands on a text while it is written, and nothing of one that is whole at once', () => {
  const seen: string[] = [];
  const parts = textParts(100, (part) => seen.push(part));
  for (const letter of 'quick') parts.add(letter);
  parts.end();
  vi.advanceTimersByTime(10_000);
  expect(seen).toEqual([]);
  for (const letter of 'slow') parts.add(letter);
  vi.advanceTimersByTime(1000);
  parts.add('ly');
  vi.advanceTimersByTime(1000);
  parts.add(' lost');
  parts.end();
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual(['slow', 'ly']);
});

it('hands on no more than so many characters of a text, and as many of the next', () => {
  const seen: string[] = [];
  const parts = textParts(3, (part) => seen.push(part));
  for (const text of ['ab', 'cdef', 'ghi']) {
    parts.add(text);
    vi.advanceTimersByTime(1000);
  }
  parts.end();
  parts.add('xy');
  vi.advanceTimersByTime(1000);
  expect(seen).toEqual(['ab', 'c', 'xy']);
});
