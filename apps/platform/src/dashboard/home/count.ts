/** The number beside the navigation of every page. */
import type { Ask } from '../../api/ask.ts';
import { getAttentionCount } from '../../api/routes/attention.ts';

/** How much waits for the viewer: `3`, `100+`; null where nothing does, or it is not known. Never rejects. */
export async function attentionCount(ask: Ask): Promise<string | null> {
  // The page that says that the database is away has a navigation, too.
  const answer = await ask(getAttentionCount).catch(() => null);
  if (!answer?.ok || answer.body.total === 0) return null;
  const { total, counted_up_to: bound } = answer.body;
  return total >= bound ? `${bound}+` : String(total);
}
