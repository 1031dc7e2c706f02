/** What the buttons of the home page do, and what the page says afterwards. */
import { type Outcome, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { acknowledgeAll, acknowledgeDelivery, acknowledgeRun } from '../../api/routes/attention.ts';
import { discardMail, releaseMail } from '../../api/routes/mails.ts';
import { retryDelivery } from '../../api/routes/outbox.ts';

/** By what a form names in `does`; each takes the form's `id`. */
const ACTIONS = new Map<string, (ask: Ask, id: string) => Promise<Outcome<unknown>>>([
  ['release', (ask, id) => ask(releaseMail, { params: { id } })],
  ['discard', (ask, id) => ask(discardMail, { params: { id } })],
  ['retry', (ask, id) => ask(retryDelivery, { params: { id } })],
  ['dismiss-run', (ask, id) => ask(acknowledgeRun, { params: { id } })],
  ['dismiss-delivery', (ask, id) => ask(acknowledgeDelivery, { params: { id } })],
  ['dismiss-runs', (ask, until) => ask(acknowledgeAll, { body: { kind: 'runs', until } })],
  ['dismiss-deliveries', (ask, until) => ask(acknowledgeAll, { body: { kind: 'deliveries', until } })],
]);

/** What was done, by the word in the URL of the page after it. */
export const DONE: Readonly<Record<string, string>> = {
  release: 'The mail was let in: it has its turn next.',
  discard: 'The mail was discarded. Its record stays under Mails.',
  retry: 'The mail is being sent again.',
  'dismiss-run': 'Dismissed. The run stays under Runs.',
  'dismiss-delivery': 'Dismissed. The mail stays in the outbox as it is.',
  'dismiss-runs': 'Dismissed. The runs stay under Runs.',
  'dismiss-deliveries': 'Dismissed. The mails stay in the outbox as they are.',
};

/** Does what a form of the home page asks for: `done` is the word for the next page. */
export async function settle(
  ask: Ask,
  fields: URLSearchParams,
): Promise<{ ok: true; done: string } | Extract<Outcome<never>, { ok: false }>> {
  const does = fields.get('does') ?? '';
  const action = ACTIONS.get(does);
  if (!action) return refuse('invalid_request', 'The form names nothing that can be done here.');
  const outcome = await action(ask, fields.get('id') ?? '');
  return outcome.ok ? { ok: true, done: does } : outcome;
}
