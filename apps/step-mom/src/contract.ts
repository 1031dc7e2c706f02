/** What step-mom writes down of a run for the host to show. */
import type { StepMomErrorCode, TokenUsage } from '@tinyfat/core';

/** One line of `/data/events/{timestamp}.jsonl`. Long output is cut, and `full_length` then says how long it was. */
export type RunEvent = { timestamp: string } & (
  | { type: 'start'; run_id: string; attempt: number; model: string; session_id: string }
  | { type: 'tool_call'; id: string; name: string; args: unknown }
  | { type: 'tool_result'; id: string; name: string; output: string; is_error: boolean; full_length?: number }
  /** The beginning of a text that the model is still writing, and more of it; `text` has it once it is whole. */
  | { type: 'text_part'; content: string }
  | { type: 'text'; content: string; full_length?: number }
  /** What one answer of the model used; all of it together is what the model's context holds. */
  | { type: 'usage'; usage: TokenUsage }
  /** The gateway did not let a command connect; `host` is as the command wrote it, `code` of the gateway's list. */
  | { type: 'connection_refused'; host: string; port: number | null; code: string; reason: string }
  /** Something of the agent's folder could not be used, and the turn goes on without it. */
  | { type: 'warning'; message: string }
  | { type: 'end'; usage: TokenUsage; cost_usd: number; duration_ms: number }
  | { type: 'error'; code: StepMomErrorCode; message: string }
);
