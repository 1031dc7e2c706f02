/** Reads what an answer of the Messages API reports of its tokens, while it flows by. */
import { type AnswerUsage, isRecord, parseJson, scanJson } from '@tinyfat/core';

/** An answer that reported nothing. */
export const NO_USAGE: AnswerUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0 };

const FIELDS = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_input_tokens',
  cacheWrite: 'cache_creation_input_tokens',
} as const;
const NAMES = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;

/** Longer lines and events are no usage report; they are skipped. */
const LONGEST_EVENT = 256 * 1024;
/** No answer of a model has more; behind that nothing is read. */
const JSON_LIMITS = { depth: 1_000, values: 2_000_000 };

type Report = (usage: Record<string, unknown>) => void;

/**
 * Gives a function that takes the body of one answer chunk by chunk, and calls `onUsage` with its count so far whenever
 * usage is reported. The API's counts are cumulative (message_delta repeats or raises those of message_start), so each field
 * counts with its highest value: never twice, and never less than was reported.
 */
export function usageReader(
  contentType: string,
  onUsage: (usage: AnswerUsage) => void,
): (chunk: Uint8Array) => void {
  const usage = { ...NO_USAGE };
  const report: Report = (reported) => {
    for (const name of NAMES) usage[name] = Math.max(usage[name], tokens(reported[FIELDS[name]]));
    const written = reported.cache_creation;
    const hour = isRecord(written) ? tokens(written.ephemeral_1h_input_tokens) : 0;
    usage.cacheWriteHour = Math.max(usage.cacheWriteHour, hour);
    onUsage({ ...usage });
  };
  const type = contentType.toLowerCase();
  const decoder = new TextDecoder();
  const push = type.startsWith('text/event-stream')
    ? readEvents(report)
    : type.startsWith('application/json')
      ? readJson(report)
      : null;
  return push === null ? () => {} : (chunk) => push(decoder.decode(chunk, { stream: true }));
}

function tokens(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** The top-level `usage` object of a plain JSON answer; text that looks like one in a string or deeper down is none. */
function readJson(report: Report): (text: string) => void {
  const scanner = scanJson(([top, name, part, more], { kind, text }) => {
    if (top !== 'usage' || name === undefined || more !== undefined || kind !== 'number') return;
    const value = Number(text);
    report(part === undefined ? { [name]: value } : { [name]: { [part]: value } });
  }, JSON_LIMITS);
  return scanner.push;
}

/**
 * The `usage` object of each message_start and message_delta in an event stream (WHATWG HTML section 9.2). Holds at most
 * one event, wherever the pieces end.
 */
function readEvents(report: Report): (text: string) => void {
  let line = '';
  let data = '';
  let afterCarriageReturn = false;

  function endOfLine(): void {
    if (line === '') {
      if (data.includes('"usage"')) readEvent(parseJson(data));
      data = '';
    } else if (line.startsWith('data:') && data.length + line.length <= LONGEST_EVENT) {
      data += `${line.slice(5)}\n`;
    }
    line = '';
  }

  function readEvent(event: unknown): void {
    if (!isRecord(event)) return;
    const holder = event.type === 'message_start' ? event.message : event;
    if (event.type !== 'message_start' && event.type !== 'message_delta') return;
    if (isRecord(holder) && isRecord(holder.usage)) report(holder.usage);
  }

  return (text) => {
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code !== 10 && code !== 13) {
        afterCarriageReturn = false;
        continue;
      }
      const secondOfPair = code === 10 && afterCarriageReturn;
      afterCarriageReturn = code === 13;
      if (!secondOfPair) {
        line = joined(line, text.slice(start, at));
        endOfLine();
      }
      start = at + 1;
    }
    line = joined(line, text.slice(start));
  };
}

/** A line that outgrew the limit stays non-empty (it must not look like the blank line that ends an event). */
function joined(line: string, more: string): string {
  return line.length + more.length <= LONGEST_EVENT ? line + more : ':too long';
}
