import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentSessionEvent } from '@earendil-works/pi-coding-agent';
import type { RunEvent } from './contract.ts';
import { answerText } from './model-answer.ts';
import { textParts } from './text-parts.ts';

type Untimed<Event> = Event extends RunEvent ? Omit<Event, 'timestamp'> : never;
/** An event before it is written. */
type NewRunEvent = Untimed<RunEvent>;

/** Where a run's events go. */
export interface EventLog {
  write(event: NewRunEvent): void;
  /** Translates pi's events: tool calls, their results, each assistant text, also while it is written, and what it used. */
  follow(event: AgentSessionEvent): void;
  close(): void;
}

/** Cuts every string of a JSON value to `limit` characters, to a sane depth. */
function cutStrings(value: unknown, limit: number, depth = 0): unknown {
  if (typeof value === 'string') return value.length > limit ? `${value.slice(0, limit)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 6) return '…';
  if (Array.isArray(value)) return value.map((item) => cutStrings(item, limit, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cutStrings(item, limit, depth + 1)]),
  );
}

/** The beginning of a text that is longer than `limit` characters, and then its full length. */
function cutText(text: string, limit: number): { text: string; full: { full_length?: number } } {
  return text.length > limit
    ? { text: text.slice(0, limit), full: { full_length: text.length } }
    : { text, full: {} };
}

/** Opens a new file; the name gets a number where two runs begin in the same millisecond. */
function openEventFile(folder: string, startedAt: Date): number {
  mkdirSync(folder, { recursive: true });
  const name = startedAt.toISOString().replace(/[:.]/g, '-');
  for (let number = 1; ; number++) {
    try {
      return openSync(join(folder, number === 1 ? `${name}.jsonl` : `${name}-${number}.jsonl`), 'ax');
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || number >= 100) throw error;
    }
  }
}

/**
 * Opens `events/{timestamp}.jsonl`. Each event is one line, written at once, so a reader sees the run live.
 * Events are a record and not the work: where they can't be written (the agent may have put anything in the
 * folder's place) the run goes on without them.
 *
 * @param maxCharacters - longest text of one event
 */
export function openEventLog(folder: string, now: () => Date, maxCharacters: number): EventLog {
  let descriptor: number | null = null;
  try {
    descriptor = openEventFile(folder, now());
  } catch {}
  const close = () => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  const write = (event: NewRunEvent) => {
    if (descriptor === null) return;
    try {
      appendFileSync(descriptor, `${JSON.stringify({ timestamp: now().toISOString(), ...event })}\n`);
    } catch {
      close();
    }
  };
  const parts = textParts(maxCharacters, (content) => write({ type: 'text_part', content }));
  return {
    write,
    close() {
      parts.end();
      close();
    },
    follow(event) {
      if (event.type === 'message_update') {
        const { assistantMessageEvent: update } = event;
        if (update.type === 'text_delta') parts.add(update.delta);
      } else if (event.type === 'tool_execution_start') {
        const args = cutStrings(event.args, maxCharacters);
        write({ type: 'tool_call', id: event.toolCallId, name: event.toolName, args });
      } else if (event.type === 'tool_execution_end') {
        const output = cutText(answerText(event.result?.content) ?? '', maxCharacters);
        write({
          type: 'tool_result',
          id: event.toolCallId,
          name: event.toolName,
          output: output.text,
          is_error: event.isError,
          ...output.full,
        });
      } else if (event.type === 'message_end' && event.message.role === 'assistant') {
        parts.end();
        const { input, output, cacheRead, cacheWrite } = event.message.usage;
        const usage = { input, output, cacheRead, cacheWrite };
        if (output > 0) write({ type: 'usage', usage });
        const text = answerText(event.message.content);
        if (text === null) return;
        const content = cutText(text, maxCharacters);
        write({ type: 'text', content: content.text, ...content.full });
      }
    },
  };
}
