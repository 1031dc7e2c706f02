/** Steps in words and measures: the same on the server and in the browser. */

import { tokensText } from '../../view/numbers.ts';
import { durationText } from '../../view/time.ts';
import type { Attempt, Step } from './timeline.ts';

/** Longest line of a step in the list, characters. */
const LINE = 120;
/** A step whose text is longer than this is folded at first, characters and lines. */
const SHORT = { characters: 1200, lines: 14 };

/** One line that says what a step is about; empty where its name says it. */
export function lineOf({ kind, input, text, ended }: Step): string {
  if (kind === 'model' && text.trim() === '') return ended === null ? '' : 'chose what to do next';
  const said = kind === 'tool' ? input : text;
  const line = said.split('\n').find((one) => one.trim() !== '') ?? '';
  return line.length > LINE ? `${line.slice(0, LINE).toWellFormed()}…` : line.trim();
}

/** What took no time worth a word, such as a warning. */
const INSTANT_MS = 50;

/** How long it took, or has taken by now (epoch ms); empty where nobody knows, or it was but an instant. */
export function tookText({ began, ended }: Pick<Step, 'began' | 'ended'>, now: number): string {
  const took = began === null ? 0 : (ended ?? now) - began;
  return took < INSTANT_MS ? '' : durationText(took);
}

/** What stands above the text of a step. */
export function summaryOf({ kind, failed, text }: Step): string {
  if (kind !== 'tool') return 'Text';
  const lines = text.trimEnd().split('\n').length;
  return `${failed ? 'It failed and gave' : 'It gave'} ${lines === 1 ? 'a line' : `${lines.toLocaleString('en')} lines`}`;
}

/** Whether its output is folded until somebody wants it. What failed is open: it is what the page was opened for. */
export function isFolded({ kind, failed, text }: Step): boolean {
  if (kind !== 'tool' || failed) return false;
  return text.length > SHORT.characters || text.split('\n').length > SHORT.lines;
}

/** `3,000 of 120,000 characters are on record`; null where all are. */
export function cutText({ text, fullLength }: Step): string | null {
  if (fullLength === null || fullLength <= text.length) return null;
  return `The first ${text.length.toLocaleString('en')} of ${fullLength.toLocaleString('en')} characters are on record here.`;
}

/** The page with all that a tool gave; `key` is that of its step. */
export function outputHref(run: string, key: number): string {
  return `/runs/${encodeURIComponent(run)}/output?step=${key}`;
}

/** What one answer of the model used, in words; null where that is not on record. */
export function usedText({ tokens }: Step): string | null {
  if (tokens === null) return null;
  const { input, output, cacheRead, cacheWrite } = tokens;
  const parts = [`${tokensText(input)} in`, `${tokensText(output)} out`];
  if (cacheRead > 0) parts.push(`${tokensText(cacheRead)} from the cache`);
  if (cacheWrite > 0) parts.push(`${tokensText(cacheWrite)} into the cache`);
  return `tokens: ${parts.join(', ')}`;
}

/** A bar's place within its attempt, in thousandths. */
export interface Bar {
  from: number;
  width: number;
}

/** The narrowest that is still seen. */
const LEAST = 8;

/** Where a step lies in the time of its attempt, which goes on until `now` (epoch ms) where it has no end. */
export function barOf({ began, ended }: Step, attempt: Attempt, now: number): Bar {
  const start = attempt.began ?? attempt.steps[0]?.began ?? null;
  if (start === null || began === null) return { from: 0, width: 0 };
  const whole = Math.max(1, (attempt.ended ?? now) - start);
  const place = (at: number) => Math.round((1000 * Math.min(whole, Math.max(0, at - start))) / whole);
  const from = Math.min(place(began), 1000 - LEAST);
  return { from, width: Math.min(1000 - from, Math.max(LEAST, place(ended ?? now) - from)) };
}
