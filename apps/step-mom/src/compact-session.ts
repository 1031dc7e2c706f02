import type { AgentSession } from '@earendil-works/pi-coding-agent';
import { type TurnLimits, underWatch } from './take-turn.ts';
import type { StopReason } from './watchdog.ts';

/** How the /compact command ended; token counts are pi's estimates. */
type CompactionEnd =
  | { kind: 'compacted'; tokensBefore: number; tokensAfter: number | null }
  | { kind: 'nothing_to_do' }
  | { kind: 'stopped'; reason: StopReason }
  | { kind: 'failed' };

/** Shortens the session to a summary and its last exchanges, with an optional focus for the summary. */
export async function compactSession(
  session: AgentSession,
  focus: string | null,
  limits: TurnLimits,
): Promise<CompactionEnd> {
  const run = await underWatch(session, limits, async (): Promise<CompactionEnd> => {
    try {
      const result = await session.compact(focus ?? undefined);
      return {
        kind: 'compacted',
        tokensBefore: result.tokensBefore,
        tokensAfter: result.estimatedTokensAfter ?? null,
      };
    } catch (error) {
      // pi's own sentences: a summary that failed has others in front.
      const text = error instanceof Error ? error.message : '';
      return { kind: /^(?:Nothing to compact|Already compacted)/.test(text) ? 'nothing_to_do' : 'failed' };
    }
  });
  return run.stopped === null ? run.result : { kind: 'stopped', reason: run.stopped };
}

/** The reply to the command. */
export function compactionReply(end: { tokensBefore: number; tokensAfter: number | null } | null): string {
  if (end === null) return 'There was nothing to shorten: the conversation is still short.';
  const before = end.tokensBefore.toLocaleString('en-US');
  if (end.tokensAfter === null)
    return `The conversation was shortened. Before, it had about ${before} tokens.`;
  const after = end.tokensAfter.toLocaleString('en-US');
  return `The conversation was shortened from about ${before} tokens to about ${after}.`;
}
