/** Runs in words: the same on the server and in the browser. */
import type { RunStatus } from '@tinyfat/database';

import { tokensText } from '../../view/numbers.ts';
import { RUN_STATUS_WORDS, type Word } from '../../view/words.ts';

/** What of a run, as the API gives it, is put into words; the script of a live run has no more of it. */
export interface RunWords {
  status: RunStatus;
  kind: 'turn' | 'command';
  command: string | null;
  error_code: string | null;
  started_at: string;
  stop_asked_at: string | null;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_usd: number;
  context_tokens: number | null;
  context_window: number | null;
}

const STOPPED: Word = { label: 'stopped', tone: 'quiet' };
const STOPPING: Word = { label: 'stopping', tone: 'wait' };

/** How a run is: one that somebody stops is neither running nor simply failed. */
export function runWord({
  status,
  error_code,
  stop_asked_at,
}: Pick<RunWords, 'status' | 'error_code' | 'stop_asked_at'>): Word {
  if (status === 'failed' && error_code === 'run_stopped') return STOPPED;
  const goesOn = status === 'running' || status === 'waiting';
  return goesOn && stop_asked_at !== null ? STOPPING : RUN_STATUS_WORDS[status];
}

/** `12.0k of 200k (6%)`; `unknown` before the model's first answer. */
export function contextText(tokens: number | null, window: number | null): string {
  if (tokens === null) return 'unknown';
  if (window === null || window === 0) return tokensText(tokens);
  const share = (100 * tokens) / window;
  const percent = share > 0 && share < 1 ? '<1' : String(Math.round(share));
  return `${tokensText(tokens)} of ${tokensText(window)} (${percent}%)`;
}

/** All tokens of a run, in words. */
export function runTokensText(
  run: Pick<RunWords, 'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_tokens'>,
): string {
  const sent = run.input_tokens + run.cache_read_tokens + run.cache_write_tokens;
  return `${tokensText(sent)} in, ${tokensText(run.output_tokens)} out`;
}

/** What a run is: a turn, or a command by its name. */
export function kindText({ kind, command }: Pick<RunWords, 'kind' | 'command'>): string {
  return kind === 'command' && command !== null ? `/${command}` : 'turn';
}
