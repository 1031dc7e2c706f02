/** The whole look at one raw message at the door; runs in a worker thread. */
import type { AuthenticationEvidence, ClientConnection, Inspection } from '@tinyfat/core';
import type { LookupLimits } from '../authenticate/lookups.ts';
import { checkHeaderBlock, headerBlock } from './header-block.ts';
import { prescan, rawLimits } from './prescan.ts';
import { summarize } from './summarize.ts';

/** Everything that one inspection needs besides the bytes. */
export interface InspectRequest {
  client: ClientConnection;
  envelopeSender: string;
  /** Our own name, for the SPF macros. */
  hostname: string;
  dns: LookupLimits;
}

const trusted: AuthenticationEvidence = { source: 'trusted_client', spf: null, dkim: [], dmarc: null };

/** Header summary and sender evidence; mailauth is loaded only for a client that is not trusted. */
export async function inspect(raw: Uint8Array, request: InspectRequest): Promise<Inspection> {
  const refusal = prescan(raw) ?? checkHeaderBlock(headerBlock(raw), rawLimits);
  if (refusal !== null) return refusal;
  try {
    const summary = await summarize(headerBlock(raw), request.envelopeSender);
    if (request.client.trusted) return { ok: true, summary, evidence: trusted };
    const { authenticateSender } = await import('../authenticate/authenticate-sender.ts');
    return { ok: true, summary, evidence: await authenticateSender(raw, summary, request) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
  }
}
