/**
 * The turns of one agent, one at a time, whoever asks for them. Another that comes while one runs means that the lease of the
 * first was lost: the first is ended, and the other begins once nothing of it is left.
 */
import type { TurnRequest, TurnResult, TurnRunner } from '@tinyfat/core';

/** How often a consumer is asked whether it still waits, and how long it may take to answer, ms. */
export interface Beat {
  everyMs: number;
  answerMs: number;
}

export interface OneAtATime {
  /** `alive` resolves as long as somebody waits for the turn: one that nobody waits for is ended. */
  run(request: TurnRequest, alive: () => Promise<void>): Promise<TurnResult>;
  cancel(runId: string, attempt: number): void;
}

interface Waiting {
  runId: string;
  attempt: number;
  ending: AbortController;
  /** Resolves when nothing of it is left. */
  over: Promise<void>;
}

/** Orders the turns of `runner`. */
export function oneAtATime(runner: TurnRunner, beat: Beat): OneAtATime {
  /** The last one is the one that may run; those before it end. */
  const turns: Waiting[] = [];
  return {
    async run(request, alive) {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const ending = new AbortController();
      const { run_id: runId, attempt } = request.input;
      const before = turns.at(-1);
      const mine: Waiting = { runId, attempt, ending, over };
      turns.push(mine);
      const stop = watch(alive, beat, () => ending.abort());
      try {
        before?.ending.abort();
        await before?.over;
        return await runner.runTurn(request, ending.signal);
      } finally {
        stop();
        turns.splice(turns.indexOf(mine), 1);
        resolve();
      }
    },
    cancel(runId, attempt) {
      for (const turn of turns) if (turn.runId === runId && turn.attempt === attempt) turn.ending.abort();
    },
  };
}

/** Calls `onGone` once when `alive` rejects or does not answer. Gives the function that ends the watch. */
function watch(alive: () => Promise<void>, { everyMs, answerMs }: Beat, onGone: () => void): () => void {
  let timer = setTimeout(ask, everyMs);
  let isOver = false;
  function ask(): void {
    timer = setTimeout(gone, answerMs);
    alive().then(answered, gone);
  }
  function answered(): void {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(ask, everyMs);
  }
  function gone(): void {
    clearTimeout(timer);
    if (!isOver) onGone();
    isOver = true;
  }
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
