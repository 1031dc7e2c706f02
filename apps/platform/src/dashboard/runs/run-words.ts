/** Runs in words: the same on the server and in the browser. */

import { tokensText } from '../../view/numbers.ts';
import { RUN_STATUS_WORDS, type Word } from '../../view/words.ts';
import type { RunRow as Run } from './read-runs.ts';

type Told = Pick<Run, 'status' | 'error_code' | 'stop_asked_at'>;

const STOPPED: Word = { label: 'stopped', tone: 'quiet' };
const STOPPING: Word = { label: 'stopping', tone: 'wait' };

/** How a run is: one that somebody stops is neither running nor simply failed. */
export function runWord({ status, error_code, stop_asked_at }: Told): Word {
  if (status === 'failed' && error_code === 'run_stopped') return STOPPED;
  const goesOn = status === 'running' || status === 'waiting';
  return goesOn && stop_asked_at !== null ? STOPPING : RUN_STATUS_WORDS[status];
}

/** `12.0k of 200k (6%)`; `unknown` before the model's first answer. */
export function contextText(tokens: number | null, window: number | null): string {
  if (tokens === null) return 'unknown';
  if (window === null || window === 0) return tokensText(tokens);
  return `${tokensText(tokens)} of ${tokensText(window)} (${Math.round((100 * tokens) / window)}%)`;
}

/** All tokens of a run, in words. */
export function runTokensText(
  run: Pick<Run, 'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_tokens'>,
): string {
  const sent = run.input_tokens + run.cache_read_tokens + run.cache_write_tokens;
  return `${tokensText(sent)} in, ${tokensText(run.output_tokens)} out`;
}

/** What a run is: a turn, or a command by its name. */
export function kindText({ kind, command }: Pick<Run, 'kind' | 'command'>): string {
  return kind === 'command' && command !== null ? `/${command}` : 'turn';
}
