import type { AssistantMessage, ImageContent } from '@earendil-works/pi-ai';
import type { AgentSession, AgentSessionEvent } from '@earendil-works/pi-coding-agent';
import { type ModelAnswer, readAnswer } from './model-answer.ts';
import { type StopReason, watch } from './watchdog.ts';

/** An aborted session that does not come to rest in this time is left behind; the process ends soon after. */
const abortGraceMs = 5_000;

/** How one prompt ended. */
type TurnEnd =
  /** `answer` is the last text of the turn, which may stand beside a tool call; null where there was none. */
  | { kind: 'ended'; answer: ModelAnswer | null }
  | { kind: 'stopped'; reason: StopReason }
  /** The last model call failed, or none was made. */
  | { kind: 'failed' };

/** Limits of a turn, milliseconds. */
export interface TurnLimits {
  remainingMs: number;
  stallMs: number;
  onEvent: (event: AgentSessionEvent) => void;
}

/**
 * Runs work on a session under the watchdog. Aborts it when the time is up, and gives up waiting for an abort
 * that doesn't end.
 */
export async function underWatch<Result>(
  session: AgentSession,
  limits: TurnLimits,
  work: () => Promise<Result>,
): Promise<{ stopped: null; result: Result } | { stopped: StopReason }> {
  const watchdog = watch(limits.remainingMs, limits.stallMs);
  const unsubscribe = session.subscribe((event) => {
    watchdog.see(event);
    limits.onEvent(event);
  });
  try {
    const finished = work();
    const first = await Promise.race([
      finished.then((result) => ({ stopped: null, result })),
      watchdog.stopped.then((reason) => ({ stopped: reason })),
    ]);
    if (first.stopped === null) return first;
    const aborted = Promise.allSettled([session.abort(), finished]);
    let grace: NodeJS.Timeout | undefined;
    await Promise.race([
      aborted,
      new Promise((resolve) => {
        grace = setTimeout(resolve, abortGraceMs);
      }),
    ]);
    clearTimeout(grace);
    return first;
  } finally {
    watchdog.end();
    unsubscribe();
  }
}

/**
 * Prompts the session once. How it ended is taken from the events of this very prompt: pi doesn't throw when
 * the model fails, and its list of messages then still ends with an older answer.
 */
export async function takeTurn(
  session: AgentSession,
  text: string,
  images: ImageContent[],
  limits: TurnLimits,
): Promise<TurnEnd> {
  let last: AssistantMessage | undefined;
  let answer: ModelAnswer | null = null;
  const onEvent = (event: AgentSessionEvent) => {
    if (event.type === 'message_end' && event.message.role === 'assistant') {
      last = event.message;
      answer = readAnswer(last) ?? answer;
    }
    limits.onEvent(event);
  };
  const run = await underWatch(session, { ...limits, onEvent }, async () => {
    await session.prompt(text, { images, expandPromptTemplates: false, source: 'rpc' });
  });
  if (run.stopped !== null) return { kind: 'stopped', reason: run.stopped };
  const ended = last !== undefined && (last.stopReason === 'stop' || last.stopReason === 'length');
  return ended ? { kind: 'ended', answer } : { kind: 'failed' };
}
