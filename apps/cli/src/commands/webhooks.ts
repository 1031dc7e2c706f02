/** `tinyfat webhooks`: what mail providers told, and what became of it. */
import { renderError } from '@tinyfat/core';
import { listWebhookEvents } from '@tinyfat/database';
import { type Command, printRows, readWords, time, UsageError } from './command.ts';
import { withData } from './open.ts';

/** Lists events, newest first: a `pending` one with a reason is stuck and tried again, a `failed` one is over. */
export const webhooksCommand: Command = async (words, config) => {
  const { values, positionals } = readWords(words, {
    json: { type: 'boolean' },
    limit: { type: 'string', default: '50' },
  });
  if (positionals.length > 0) throw new UsageError('write: webhooks [--json] [--limit N]');
  return await withData(config, async (data) => {
    const events = await listWebhookEvents(data.db, Number(values.limit) || 50);
    const rows = events.map((event) => {
      const { reason_code: code, reason, state } = event;
      const row = {
        id: event.id,
        came: time(event.created_at),
        provider: event.provider,
        kind: event.kind,
        mail: event.provider_mail_id,
        state,
        attempts: event.attempts,
        next: state === 'pending' ? time(event.next_attempt_at) : '-',
        reason: code === null ? reason : renderError(code, reason),
      };
      return values.json ? { ...row, reason_code: code, event: event.event_id } : row;
    });
    printRows(rows, values.json === true, 'No provider told anything yet.');
    return 0;
  });
};
