/** Reads what step-mom printed. It ran beside the agent's own commands, so its words are checked like a stranger's. */
import type { KeyRefusal, StepMomOutcome, TurnOutcome, TurnResult, TurnStop } from '@tinyfat/core';
import * as v from 'valibot';

/** The figures of a turn that did not begin. */
export const NOTHING_USED = {
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  costUsd: 0,
  llmRequests: 0,
  firstRequestAt: null,
  lastResponseAt: null,
  durationMs: 0,
  folderBytes: null,
} satisfies Omit<TurnResult, 'outcome'>;

/** The result of a turn whose key does not open. */
export function notBegun({ code, reason }: KeyRefusal): TurnResult {
  return { ...NOTHING_USED, outcome: { ok: false, code, message: reason, retry: false } };
}

const count = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12));
const usage = v.object({ input: count, output: count, cacheRead: count, cacheWrite: count });
const line = (most: number) => v.pipe(v.string(), v.maxLength(most));

const outcomeSchema = v.variant('ok', [
  v.object({
    type: v.literal('outcome'),
    ok: v.literal(true),
    reply: v.picklist(['written', 'by_agent']),
    session_file: line(300),
    footer: line(500),
    usage,
    cost_usd: count,
    context: v.object({ tokens: v.nullable(count), window: count }),
  }),
  v.object({
    type: v.literal('outcome'),
    ok: v.literal(false),
    code: v.picklist([
      'llm_unauthorized',
      'llm_billing',
      'llm_rate_limited',
      'llm_overloaded',
      'llm_unreachable',
      'llm_refused',
      'llm_overflow',
      'llm_stalled',
      'budget_exhausted',
      'no_reply',
      'deadline',
      'bad_input',
      'internal',
    ]),
    message: line(2000),
    retry: v.boolean(),
    usage,
    cost_usd: count,
  }),
]) satisfies v.GenericSchema<unknown, StepMomOutcome>;

/** How step-mom ended, and what it printed as far as it is kept. `stopped`: why the host ended it; null where it ended by itself. */
export interface ProgramEnd {
  exitCode: number | null;
  signal: string | null;
  stopped: TurnStop | null;
  stdout: string;
}

/**
 * Takes the outcome from the last line of stdout; how the sandbox was stopped goes before it. `detail` is what is to be
 * said of a stop for the folder's sake.
 */
export function readOutcome(result: ProgramEnd, detail: string): TurnOutcome {
  if (result.stopped === 'quota') {
    return { ok: false, code: 'quota_exceeded', message: detail, retry: false };
  }
  if (result.stopped !== null) {
    // A stopped server has another try; what went over its limits would do so again.
    const retry = result.stopped === 'cancelled';
    return { ok: false, code: `sandbox_${result.stopped}`, message: '', retry };
  }
  const last = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    const parsed = v.safeParse(outcomeSchema, JSON.parse(last));
    if (parsed.success) return parsed.output;
  } catch {
    // Not JSON: the program ended before it could say anything.
  }
  const how = result.signal ? `signal ${result.signal}` : `exit code ${result.exitCode}`;
  return {
    ok: false,
    code: 'sandbox_crashed',
    message: `It ended with ${how}.`,
    retry: true,
  };
}
