/** The page that a mailed link opens, for who need not be signed in. */

import type { Refusal } from '../../api/answer.ts';
import type { Ask, Asker, AskFor } from '../../api/ask.ts';
import type { Backend } from '../../contract.ts';
import { type ApprovalPage, approvalPage, type ShownRecord } from './approval.ts';

/** What the link leads to. `settled`: what became of it; `changed`: it is not the mail that the link was about. */
export type DecisionPage =
  | { kind: 'open'; id: string; ask: Ask; digest: string; page: ApprovalPage }
  | { kind: 'settled'; subject: string; state: string; record: ShownRecord[]; rewritten: boolean }
  | { kind: 'changed'; id: string; subject: string }
  | { kind: 'unknown' }
  | { kind: 'expired' }
  | { kind: 'refused'; refusal: Refusal };

type From = Pick<Asker, 'request' | 'from' | 'reservation'>;

/** The way to the one mail of a link; null where the token opens none. */
export async function linkedAsk(
  backend: Pick<Backend, 'openDecision'> & { askFor: AskFor },
  token: string,
  from: From,
): Promise<{ ok: true; ask: Ask; id: string; digest: string } | { ok: false; why: 'unknown' | 'expired' }> {
  const link = await backend.openDecision(token);
  if (!link.ok) return link;
  const viewer = { address: link.owner, isAdmin: false };
  const ask = backend.askFor({ viewer, byLinkTo: link.deliveryId, ...from });
  return { ok: true, ask, id: link.deliveryId, digest: link.digest };
}

/** Reads what a link is about; changes nothing. */
export async function decisionPage(
  backend: Parameters<typeof linkedAsk>[0],
  token: string,
  from: From,
): Promise<DecisionPage> {
  const link = await linkedAsk(backend, token, from);
  if (!link.ok) return { kind: link.why };
  const { ask, id, digest } = link;
  const read = await approvalPage(ask, id);
  if (!read.ok) return { kind: 'refused', refusal: read };
  const page = read.body;
  const { subject, state, content, rewriting } = page.mail;
  if (!page.waits) {
    return { kind: 'settled', subject, state, record: page.record, rewritten: rewriting !== null };
  }
  if (content?.digest !== digest) return { kind: 'changed', id, subject };
  return { kind: 'open', id, ask, digest, page };
}
