/** What the home page shows, as the API gives it to the viewer. */
import type { Ask } from '../../api/ask.ts';
import { getActivity, getAttention, listAgentsAtAGlance } from '../../api/routes/attention.ts';
import { listMails } from '../../api/routes/mails.ts';
import { type AttentionGroup, attentionGroups } from './attention-list.ts';
import { daysAt, type Figure, figures } from './today.ts';

const AGENTS = '8';
const MAILS = '6';

/** Asks for everything at once. A part that is refused is null, and the others are shown. */
export async function readHome(ask: Ask, now: number, zone: string) {
  const days = daysAt(now, zone);
  const [waiting, today, yesterday, agents, mails] = await Promise.all([
    ask(getAttention),
    ask(getActivity, { query: days.today }),
    ask(getActivity, { query: days.yesterday }),
    ask(listAgentsAtAGlance, { query: { limit: AGENTS } }),
    ask(listMails, { query: { limit: MAILS } }),
  ]);
  const groups: AttentionGroup[] | null = waiting.ok
    ? attentionGroups(waiting.body, new Date(now).toISOString())
    : null;
  const numbers: Figure[] = figures(today.ok ? today.body : null, yesterday.ok ? yesterday.body : null);
  return {
    groups,
    figures: numbers,
    agents: agents.ok ? agents.body : null,
    mails: mails.ok ? mails.body.data : null,
  };
}
