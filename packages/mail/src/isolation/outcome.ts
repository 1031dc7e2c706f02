/** How a call ends that ran where it can be ended: in a thread, or in an isolate of another Worker. */

/**
 * Why a call gave no answer. `processor`: it used up its time and computed. `deadline`: its time passed while it waited, or
 * what ran it was ended for another call. `memory`: what ran it went over its memory. `died`: that ended by itself.
 * `threw`: the task threw. `not_begun`: any of these before the task was looked at, or a failure that no task can cause.
 */
export type FailureCode = 'processor' | 'deadline' | 'memory' | 'died' | 'threw' | 'not_begun';

/** `alone`: no other call was under way in the same place meanwhile, so that nothing but this one can have been the cause. */
export type Failure = { ok: false; code: FailureCode; reason: string; alone: boolean };
export type Called<Result> = { ok: true; answer: Result } | Failure;
