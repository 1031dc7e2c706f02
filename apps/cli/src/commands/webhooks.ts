/** `tinyfat webhooks`: what mail providers reported, and what became of it. */
import { renderError } from '@tinyfat/core';
import { listWebhookEvents } from '@tinyfat/database';
import { withData } from '../client/open-api.ts';
import type { Run } from '../command.ts';
import { shortIds } from '../output/short-id.ts';
import { printTable } from '../output/table.ts';
import { isoTime, time } from '../output/text.ts';
import { readLimit } from './read-limit.ts';

/** Lists events, newest first. A `pending` one with a reason failed and is tried again; a `failed` one is not. */
export const listWebhooks: Run<[], { json: boolean; limit: string }> = async ({ options }, config) => {
  const limit = readLimit(options.limit);
  return await withData(config, async (data) => {
    const events = await listWebhookEvents(data.db, limit);
    const short = shortIds(events.map(({ id }) => id));
    type Event = (typeof events)[number];
    const reasonOf = ({ reason_code: code, reason }: Event) =>
      code === null ? reason : renderError(code, reason);
    printTable(
      events,
      {
        columns: [
          { head: 'id', cell: ({ id }) => short(id) },
          { head: 'provider', cell: ({ provider }) => provider },
          { head: 'kind', cell: ({ kind }) => kind },
          { head: 'state', cell: ({ state }) => state },
          { head: 'came', cell: ({ created_at: at }) => time(at) },
          { head: 'tries', cell: ({ attempts }) => attempts },
        ],
        note: (event) => {
          const reason = reasonOf(event);
          if (event.state !== 'pending' || event.attempts === 0) return reason;
          return `${reason} Next try: ${time(event.next_attempt_at)}.`.trim();
        },
        json: (event) => ({
          id: event.id,
          came: isoTime(event.created_at),
          provider: event.provider,
          kind: event.kind,
          mail: event.provider_mail_id,
          state: event.state,
          attempts: event.attempts,
          next: event.state === 'pending' ? isoTime(event.next_attempt_at) : null,
          reason: reasonOf(event),
          reason_code: event.reason_code,
          event: event.event_id,
        }),
        empty: 'No provider reported anything yet.',
      },
      options.json,
    );
    return 0;
  });
};
