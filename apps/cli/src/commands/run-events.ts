/** The events of a run. The agent could have written them: they are shown, never trusted. */
import { runRoutes } from '@tinyfat/platform';
import { type Answered, type ApiClient, failed } from '../client/api-client.ts';

/** Of a thousand events each. A run has some hundreds; an agent can write more. */
const MAX_PAGES = 20;

/** The events of all attempts, in order; the first ones where there are very many. */
export async function runEvents(api: ApiClient, id: string): Promise<Answered<Record<string, unknown>[]>> {
  const events: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query: { cursor?: string } = cursor === null ? {} : { cursor };
    const answer: Answered<EventPage> = await api.call(runRoutes.getRunEvents, { params: { id }, query });
    if (!answer.ok) return answer;
    if (!('list' in answer.body)) return failed('server_not_understood', null);
    events.push(...answer.body.list.data.map(({ event }) => event));
    cursor = answer.body.list.next_cursor;
    if (cursor === null) break;
  }
  return { ok: true, body: events };
}

type EventPage =
  | { list: { data: { event: Record<string, unknown> }[]; next_cursor: string | null } }
  | { stream: ReadableStream };
