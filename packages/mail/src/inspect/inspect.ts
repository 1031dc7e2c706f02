/** The whole look at one raw message at the door; runs in a worker thread. */
import type { AuthenticationEvidence, ClientConnection, Inspection, MailSummary } from '@tinyfat/core';
import type { LookupLimits } from '../authenticate/lookups.ts';
import { senderRule } from '../authenticate/sender-rule.ts';
import { loading } from '../workers/loading.ts';
import { checkHeaderBlock, hasFalseEnd, headerBlock } from './header-block.ts';
import { checkStructure } from './mime-structure.ts';
import { prescan } from './prescan.ts';
import { rawLimits } from './raw-limits.ts';
import { summarize } from './summarize.ts';

/** Everything that one inspection needs besides the bytes. */
export interface InspectRequest {
  client: ClientConnection;
  envelopeSender: string;
  /** Our own name, for the SPF macros. */
  hostname: string;
  dns: LookupLimits;
  /** Whose Authentication-Results count in what a server of ours hands on; lower case. */
  authservIds: readonly string[];
}

const vouchedFor: AuthenticationEvidence = {
  source: 'trusted_client',
  authserv: null,
  spf: null,
  dkim: [],
  dmarc: null,
};

/** Header summary and sender evidence; mailauth is loaded only for a sender that is checked. */
export async function inspect(raw: Uint8Array, request: InspectRequest): Promise<Inspection> {
  const block = headerBlock(raw);
  const refusal = prescan(raw) ?? checkHeaderBlock(block, rawLimits) ?? checkStructure(raw);
  if (refusal !== null) return refusal;
  if (hasFalseEnd(block)) return unreadable('a line of nothing but CRs stands in its header.');
  try {
    const summary = await summarize(block, request.envelopeSender);
    return { ok: true, summary, evidence: await senderEvidence(raw, summary, request) };
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

async function senderEvidence(
  raw: Uint8Array,
  summary: MailSummary,
  request: InspectRequest,
): Promise<AuthenticationEvidence> {
  const { trusted, provider } = request.client;
  switch (senderRule({ trusted, relayed: trusted || provider !== undefined }, request.authservIds)) {
    case 'client_vouches':
      return vouchedFor;
    case 'own_check': {
      const { authenticateSender } = await loading(() => import('../authenticate/authenticate-sender.ts'));
      return await authenticateSender(raw, summary, request);
    }
    case 'own_check_without_spf': {
      const { authenticateSender } = await loading(() => import('../authenticate/authenticate-sender.ts'));
      return await authenticateSender(raw, summary, request, { spf: false });
    }
    case 'own_check_then_assertion': {
      const { relayedSender } = await loading(() => import('../authenticate/relayed-sender.ts'));
      return await relayedSender(raw, summary, request);
    }
  }
}

function unreadable(detail: string): Inspection {
  return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
}
