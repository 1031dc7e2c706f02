import type { SessionEntry, SessionManager } from '@earendil-works/pi-coding-agent';
import type { TokenUsage } from '@tinyfat/core';
import * as v from 'valibot';
import type { OutboxSnapshot } from './agent-reply.ts';
import { type ModelAnswer, readAnswer } from './model-answer.ts';

const markerType = 'tinyfat.run';

const markerSchema = v.object({
  run_id: v.string(),
  attempt: v.number(),
  outbox: v.record(v.string(), v.string()),
});

const amount = v.pipe(v.number(), v.minValue(0));
const usageSchema = v.object({
  input: amount,
  output: amount,
  cacheRead: amount,
  cacheWrite: amount,
  cost: v.object({ total: amount }),
});

/** A tool call that an earlier attempt made. */
export interface PastToolCall {
  name: string;
  /** JSON of the arguments, not cut. */
  args: string;
  /** `unknown`: no result was recorded, so it may have happened or not. */
  outcome: 'done' | 'failed' | 'unknown';
}

/** What a session knows of one run, over all its attempts. */
export interface RunHistory {
  /** The pending outbox files at the run's first attempt; null when the run is new to the session. */
  outboxBefore: OutboxSnapshot | null;
  /** The user entry that holds the mail; null when it never got into the session. */
  mailEntryId: string | null;
  /** The last text that the model wrote in this run, in whichever attempt; it may stand beside a tool call. */
  lastText: ModelAnswer | null;
  /** Whether the turn had ended: then `lastText` is its answer. */
  ended: boolean;
  toolCalls: PastToolCall[];
  /** Tokens before the last compaction of this run; null when there was none. */
  compactedFrom: number | null;
}

/**
 * Records in the session that an attempt of a run begins. It is written before the mail, so a session that
 * holds the mail also holds the marker. State only: the model never sees it.
 */
export function markAttempt(
  manager: SessionManager,
  runId: string,
  attempt: number,
  outbox: OutboxSnapshot,
): void {
  manager.appendCustomEntry(markerType, { run_id: runId, attempt, outbox: Object.fromEntries(outbox) });
}

/**
 * The entries of the run: from each of its markers to the next marker of another run. Empty when the session
 * knows nothing of it.
 */
function entriesOfRun(manager: SessionManager, runId: string): SessionEntry[] {
  let current: string | null = null;
  return manager.getBranch().filter((entry) => {
    current = readMarker(entry)?.run_id ?? current;
    return current === runId;
  });
}

function readMarker(entry: SessionEntry): v.InferOutput<typeof markerSchema> | null {
  if (entry.type !== 'custom' || entry.customType !== markerType) return null;
  const marker = v.safeParse(markerSchema, entry.data);
  return marker.success ? marker.output : null;
}

/**
 * Reads what the session knows of a run. The file may have been written by the agent or torn by a crash, so
 * odd entries are passed over.
 */
export function readRunHistory(manager: SessionManager, runId: string): RunHistory {
  const history: RunHistory = {
    outboxBefore: null,
    mailEntryId: null,
    lastText: null,
    ended: false,
    toolCalls: [],
    compactedFrom: null,
  };
  const calls = new Map<string, PastToolCall>();
  for (const entry of entriesOfRun(manager, runId)) {
    const marker = readMarker(entry);
    if (marker !== null) history.outboxBefore ??= new Map(Object.entries(marker.outbox));
    if (entry.type === 'compaction') history.compactedFrom = entry.tokensBefore;
    if (entry.type !== 'message') continue;
    const { message } = entry;
    if (typeof message !== 'object' || message === null) continue;
    if (message.role === 'user') {
      history.mailEntryId ??= entry.id;
      history.ended = false;
    } else if (message.role === 'assistant') {
      history.lastText = readAnswer(message) ?? history.lastText;
      history.ended = message.stopReason === 'stop';
      if (!Array.isArray(message.content)) continue;
      for (const block of message.content) {
        if (block.type !== 'toolCall') continue;
        const call: PastToolCall = {
          name: block.name,
          args: JSON.stringify(block.arguments ?? {}),
          outcome: 'unknown',
        };
        // An errored message's tool calls never ran.
        if (message.stopReason === 'error' || message.stopReason === 'aborted') continue;
        calls.set(block.id, call);
        history.toolCalls.push(call);
      }
    } else if (message.role === 'toolResult') {
      const call = calls.get(message.toolCallId);
      if (call !== undefined) call.outcome = message.isError ? 'failed' : 'done';
    }
  }
  return history;
}

/** Tokens and cost (USD) of a run: its assistant messages, failed ones too, and its compactions. */
export interface RunUsage {
  usage: TokenUsage;
  costUsd: number;
}

/** A run that has used nothing. */
export const noUsage: RunUsage = {
  usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  costUsd: 0,
};

/** Sums what the session recorded for a run over all its attempts. */
export function runUsage(manager: SessionManager, runId: string): RunUsage {
  const total = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  let costUsd = 0;
  for (const entry of entriesOfRun(manager, runId)) {
    const used =
      entry.type === 'message' && entry.message?.role === 'assistant'
        ? entry.message.usage
        : entry.type === 'compaction' || entry.type === 'usage'
          ? entry.usage
          : undefined;
    const parsed = v.safeParse(usageSchema, used);
    if (!parsed.success) continue;
    total.input += parsed.output.input;
    total.output += parsed.output.output;
    total.cacheRead += parsed.output.cacheRead;
    total.cacheWrite += parsed.output.cacheWrite;
    costUsd += parsed.output.cost.total;
  }
  return { usage: total, costUsd };
}
