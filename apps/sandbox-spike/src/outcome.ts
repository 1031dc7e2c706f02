/** Reads what step-mom printed. It ran beside the agent's own commands, so its words are checked like a stranger's. */
import type { SandboxResult, SandboxStop } from '@tinyfat/core';
import { outcomeSchema, type StepMomOutcome } from '@tinyfat/step-mom/contract';
import * as v from 'valibot';

/** How a turn failed without a word of step-mom's own; the codes are core's. */
export interface SandboxFailure {
  ok: false;
  code: `sandbox_${NonNullable<SandboxStop>}` | 'sandbox_crashed';
  /** The detail of this case. */
  message: string;
  retry: boolean;
}

/** The outcome of one run: step-mom's own, or what its end says. */
export type TurnOutcome = StepMomOutcome | SandboxFailure;

/** Takes the outcome from the last line of stdout; how the sandbox was stopped goes before it. */
export function readOutcome(result: SandboxResult): TurnOutcome {
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
