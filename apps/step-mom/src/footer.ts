import { sessionHash, type TokenUsage } from '@tinyfat/core';

/** The figures of one footer line. */
interface FooterFigures {
  agentName: string;
  sessionId: string;
  usage: TokenUsage;
  costUsd: number;
  context: { tokens: number | null; window: number };
  modelId: string;
}

/** A token count as pi shows it: `999`, `5.0k`, `663k`, `1.2M`, `12M`. */
export function formatTokens(count: number): string {
  if (count < 1_000) return count.toString();
  if (count < 10_000) return `${(count / 1_000).toFixed(1)}k`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)}k`;
  if (count < 10_000_000) return `${(count / 1_000_000).toFixed(1)}M`;
  return `${Math.round(count / 1_000_000)}M`;
}

/**
 * `[name:hash | ↑38 ↓5.0k R663k W37k $0.687 18.7%/200k | claude-haiku-4-5]` (DESIGN section 5): uncached input,
 * output, cache read, cache write and cost of the run; context used of the window. R and W are left out at 0.
 */
export function formatFooter(figures: FooterFigures): string {
  const { usage, context } = figures;
  const percent =
    context.tokens === null || context.window <= 0
      ? '?'
      : `${((context.tokens / context.window) * 100).toFixed(1)}%`;
  const parts = [
    `↑${formatTokens(usage.input)}`,
    `↓${formatTokens(usage.output)}`,
    ...(usage.cacheRead > 0 ? [`R${formatTokens(usage.cacheRead)}`] : []),
    ...(usage.cacheWrite > 0 ? [`W${formatTokens(usage.cacheWrite)}`] : []),
    `$${figures.costUsd.toFixed(3)}`,
    `${percent}/${formatTokens(context.window)}`,
  ];
  return `[${figures.agentName}:${sessionHash(figures.sessionId, [])} | ${parts.join(' ')} | ${figures.modelId}]`;
}
