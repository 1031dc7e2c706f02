import type { PastToolCall } from './run-history.ts';

const mostCalls = 40;
const longestArgs = 300;
const mostFiles = 100;

const outcomes = {
  done: 'returned',
  failed: 'returned an error',
  unknown: 'no result was recorded: it may have happened or not',
} as const;

/**
 * Tells the model that an earlier attempt at the same mail was cut off, and what it had done, so that no effect
 * happens twice.
 *
 * @param outboxFiles - names of mails that the earlier attempts left in the outbox
 * @param mail - the mail again, where compaction took it out of the model's sight; else null
 */
export function retryNotice(
  attempt: number,
  calls: PastToolCall[],
  outboxFiles: string[],
  mail: string | null,
): string {
  const shown = calls.slice(-mostCalls).map((call) => {
    const args = call.args.length > longestArgs ? `${call.args.slice(0, longestArgs)}…` : call.args;
    return `- ${call.name} ${args} → ${outcomes[call.outcome]}`;
  });
  const left = calls.length - shown.length;
  const files = outboxFiles.slice(0, mostFiles).map((name) => JSON.stringify(name));
  const more = outboxFiles.length > mostFiles ? ` and ${outboxFiles.length - mostFiles} more` : '';
  const lines = [
    `[System notice] This is attempt ${attempt} at the mail above. The attempt before was cut off before your reply was written; the person has got nothing yet.`,
    '',
    calls.length === 0 ? 'It had called no tools.' : 'It had called these tools:',
    ...(left > 0 ? [`- (${left} earlier calls are left out)`] : []),
    ...shown,
    '',
    outboxFiles.length === 0
      ? 'It left no mails in the outbox.'
      : `Mails it left in /data/outbox/email, which will be sent: ${files.join(', ')}${more}.`,
    '',
    'Before you repeat anything that has an effect (a mail, a request to a service, a change to a file), look whether it already happened. Then finish the work and reply.',
  ];
  return mail === null ? lines.join('\n') : `${lines.join('\n')}\n\nThe mail again:\n\n${mail}`;
}
