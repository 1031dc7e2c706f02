/** The page about who may write to an agent, whom its mail does not reach, and its secret addresses. */
import type * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import * as agents from '../../api/routes/agents.ts';
import * as outbox from '../../api/routes/outbox.ts';
import * as senders from '../../api/routes/senders.ts';

/** What the page shows. */
export interface SendersPage {
  ok: true;
  agent: v.InferOutput<typeof agents.agent>;
  /** The owner's first, then by entry. */
  allowed: { entry: string; created_at: string; warning: string | null; means: string; isOwner: boolean }[];
  /** The answer to "would this address get in?"; null where nothing was asked. */
  asked: { address: string; verdict: Outcome<v.InferOutput<typeof senders.senderVerdict>> } | null;
  secret: { id: string; note: string; created_at: string; last_used_at: string | null }[];
  suppressed: { address: string; code: 'bounced' | 'complained'; reason: string; created_at: string }[];
}

/** Rows of each list on the page; lists that are longer say so. */
export const MOST_SHOWN = 300;

/** Asks for everything on the page; `address` is what somebody wants to know about. */
export async function sendersPage(
  ask: Ask,
  name: string,
  address: string | null,
): Promise<SendersPage | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const allowed = await ask(senders.listAllowedSenders, { params });
  if (!allowed.ok) return allowed;
  const secret = await ask(senders.listSecretAddresses, { params });
  if (!secret.ok) return secret;
  const suppressed = await ask(outbox.listSuppressed, { params });
  if (!suppressed.ok) return suppressed;
  const { owner } = agent.body;
  const wanted = address?.trim() ?? '';
  return {
    ok: true,
    agent: agent.body,
    allowed: allowed.body.data
      .map((one) => ({ ...one, means: meaningOf(one.entry), isOwner: one.entry === owner }))
      .sort((a, b) => Number(b.isOwner) - Number(a.isOwner) || (a.entry < b.entry ? -1 : 1)),
    asked:
      wanted === ''
        ? null
        : {
            address: wanted,
            verdict: await ask(senders.checkSender, { params, query: { address: wanted } }),
          },
    secret: secret.body.data,
    suppressed: suppressed.body.data,
  };
}

/** What came of a form on the page: the word for its sentence, or an address that is shown this once. */
type Changed =
  | { ok: true; done: string; warning?: string | null }
  | { ok: true; secretAddress: string }
  | Refusal;

/** Does what a form of the page asks for. */
export async function changeSenders(ask: Ask, name: string, form: URLSearchParams): Promise<Changed> {
  const params = { agent: name };
  const text = (field: string) => (form.get(field) ?? '').trim();
  switch (form.get('action')) {
    case 'add': {
      const added = await ask(senders.addSender, { params, body: { entry: text('entry') } });
      if (!added.ok) return added;
      return { ok: true, done: added.body.added ? 'added' : 'known', warning: added.body.warning };
    }
    case 'remove':
      return doneAs(
        'removed',
        await ask(senders.removeSender, { params: { ...params, entry: text('entry') } }),
      );
    case 'make-secret': {
      const made = await ask(senders.createSecretAddress, { params, body: { note: text('note') } });
      return made.ok ? { ok: true, secretAddress: made.body.address } : made;
    }
    case 'revoke':
      return doneAs(
        'revoked',
        await ask(senders.revokeSecretAddress, { params: { ...params, id: text('id') } }),
      );
    case 'unsuppress':
      return doneAs(
        'unsuppressed',
        await ask(outbox.unsuppress, { params: { ...params, address: text('address') } }),
      );
    default:
      return refuse('invalid_request', 'The form does not say what is to be done.');
  }
}

function doneAs(done: string, outcome: Outcome<unknown>): Changed {
  return outcome.ok ? { ok: true, done } : outcome;
}

/** Whom an entry lets in. */
function meaningOf(entry: string): string {
  if (entry.startsWith('@*.')) return `everybody at a sub-domain of ${entry.slice(3)}`;
  return entry.startsWith('@') ? `everybody at ${entry.slice(1)}` : 'this address, also with a +tag';
}
