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
  allowed: Piece<{
    entry: string;
    created_at: string;
    warning: string | null;
    means: string;
    isOwner: boolean;
  }>;
  /** Entries of all of them that let in more people than one may think. */
  wide: number;
  /** The answer to "would this address get in?"; null where nothing was asked. */
  asked: { address: string; verdict: Outcome<v.InferOutput<typeof senders.senderVerdict>> } | null;
  secret: Piece<{ id: string; note: string; created_at: string; last_used_at: string | null }>;
  suppressed: Piece<{ address: string; code: 'bounced' | 'complained'; reason: string; created_at: string }>;
}

/** Rows of a list, and the query of the address behind them; null at the end. */
interface Piece<Row> {
  rows: Row[];
  next: string | null;
}

/** Rows of each list on the page. */
export const MOST_SHOWN = 50;

/** Asks for everything on the page; `search`: of its address, with what somebody wants to know about in `address`. */
export async function sendersPage(
  ask: Ask,
  name: string,
  search: URLSearchParams,
): Promise<SendersPage | Refusal> {
  const params = { agent: name };
  const agent = await ask(agents.getAgent, { params });
  if (!agent.ok) return agent;
  const allowed = await ask(senders.listAllowedSenders, { params });
  if (!allowed.ok) return allowed;
  const secret = await ask(senders.listSecretAddresses, { params });
  if (!secret.ok) return secret;
  const query = { limit: String(MOST_SHOWN), cursor: search.get('unreached') ?? undefined };
  const suppressed = await ask(outbox.listSuppressed, { params, query });
  if (!suppressed.ok) return suppressed;
  const { owner } = agent.body;
  const wanted = search.get('address')?.trim() ?? '';
  const entries = allowed.body.data
    .map((one) => ({ ...one, means: meaningOf(one.entry), isOwner: one.entry === owner }))
    .sort((a, b) => Number(b.isOwner) - Number(a.isOwner) || (a.entry < b.entry ? -1 : 1));
  const { data, next_cursor: next } = suppressed.body;
  return {
    ok: true,
    agent: agent.body,
    allowed: pieceOf(entries, 'allowed', search),
    wide: entries.filter(({ warning }) => warning !== null).length,
    asked:
      wanted === ''
        ? null
        : {
            address: wanted,
            verdict: await ask(senders.checkSender, { params, query: { address: wanted } }),
          },
    secret: pieceOf(secret.body.data, 'secret', search),
    suppressed: { rows: data, next: next === null ? null : `?unreached=${encodeURIComponent(next)}` },
  };
}

/** The rows from the number on that the address has under this name. */
function pieceOf<Row>(rows: readonly Row[], name: 'allowed' | 'secret', search: URLSearchParams): Piece<Row> {
  const from = Number(/^\d{1,6}$/.exec(search.get(name) ?? '')?.[0] ?? 0);
  const end = from + MOST_SHOWN;
  return { rows: rows.slice(from, end), next: end < rows.length ? `?${name}=${end}` : null };
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
