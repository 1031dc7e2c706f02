/** By which texts mails and runs are found. All of them are somebody else's; the database bounds and cleans them. */
import type { RunEventRecord } from '@tinyfat/core';
import { MOST_SEARCHED_CHARACTERS } from '@tinyfat/database';
import type { MailContent } from '@tinyfat/mail';

/** What the sender wrote and what they handed on; not what they quote, which is found where it was written. */
export function searchedText({ text, forwarded }: Pick<MailContent, 'text' | 'forwarded'>): string {
  return forwarded === '' ? text : `${text}\n${forwarded}`;
}

/** What the agent said, and the tools that it called with what; without what those gave back. */
export function textOfEvents(records: readonly RunEventRecord[]): string {
  const parts: string[] = [];
  let length = 0;
  for (const { event } of records) {
    if (length >= MOST_SEARCHED_CHARACTERS) break;
    const part = textOf(event);
    if (part === '') continue;
    parts.push(part.slice(0, MOST_SEARCHED_CHARACTERS));
    length += part.length + 1;
  }
  return parts.join('\n');
}

function textOf(event: Record<string, unknown>): string {
  if (event.type === 'text' && typeof event.content === 'string') return event.content;
  if (event.type !== 'tool_call' || typeof event.name !== 'string') return '';
  return `${event.name} ${JSON.stringify(event.args ?? '').slice(0, 1000)}`;
}
