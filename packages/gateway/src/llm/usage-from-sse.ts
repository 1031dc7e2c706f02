import { parseJson } from '@tinyfat/core';
import { isRecord } from '../json-shape.ts';

/** Longer lines and events are no usage report; they are skipped instead of kept. */
const LONGEST_EVENT = 256 * 1024;

/**
 * Reads a stream of the Messages API (WHATWG HTML section 9.2, server-sent events) chunk by chunk and gives each
 * `usage` object of message_start and message_delta. Keeps at most one event, whatever the chunk boundaries.
 */
export function readUsageFromSse(
  onUsage: (usage: Record<string, unknown>) => void,
): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let line = '';
  let data = '';
  let afterCarriageReturn = false;

  function endOfLine(): void {
    if (line === '') {
      if (data.includes('"usage"')) report(parseJson(data));
      data = '';
    } else if (line.startsWith('data:') && data.length + line.length <= LONGEST_EVENT) {
      data += `${line.slice(5)}\n`;
    }
    line = '';
  }

  function report(event: unknown): void {
    if (!isRecord(event)) return;
    const holder = event.type === 'message_start' ? event.message : event;
    if (event.type !== 'message_start' && event.type !== 'message_delta') return;
    if (isRecord(holder) && isRecord(holder.usage)) onUsage(holder.usage);
  }

  return (chunk) => {
    const text = decoder.decode(chunk, { stream: true });
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
