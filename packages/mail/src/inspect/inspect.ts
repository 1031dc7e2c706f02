/** The whole look at one raw message at intake. */
import type { AuthenticationEvidence, Inspection, MailSummary } from '@tinyfat/core';
import { type SenderRequest, senderRule } from '../authenticate/sender-rule.ts';
import { checkHeaderBlock, hasFalseEnd, headerBlock } from '../mime/header-block.ts';
import { prescan } from '../mime/prescan.ts';
import { rawLimits } from '../mime/raw-limits.ts';
import { checkStructure } from './mime-structure.ts';
import { summarize } from './summarize.ts';

/** `senderEvidence` with a resolver: injected, because a sender that needs no check needs none of its libraries. */
type FindEvidence = (
  raw: Uint8Array,
  summary: MailSummary,
  request: SenderRequest,
) => Promise<AuthenticationEvidence>;

const vouchedFor: AuthenticationEvidence = {
  source: 'trusted_client',
  authserv: null,
  spf: null,
  dkim: [],
  dmarc: null,
};

/** Header summary and sender evidence. */
export async function inspect(
  raw: Uint8Array,
  request: SenderRequest,
  findEvidence: FindEvidence,
): Promise<Inspection> {
  const block = headerBlock(raw);
  const refusal = prescan(raw) ?? checkHeaderBlock(block, rawLimits) ?? checkStructure(raw);
  if (refusal !== null) return refusal;
  if (hasFalseEnd(block)) return unreadable('a line of nothing but CRs stands in its header.');
  try {
    const summary = summarize(block, request.envelopeSender);
    const isVouched = senderRule(request) === 'client_vouches';
    const evidence = isVouched ? vouchedFor : await findEvidence(raw, summary, request);
    return { ok: true, summary, evidence };
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

function unreadable(detail: string): Inspection {
  return { ok: false, code: 'unreadable', reason: `The message cannot be read: ${detail}` };
}
