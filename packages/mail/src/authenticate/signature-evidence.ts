/** One DKIM signature (RFC 6376) as evidence: what it says of the mail, and what it says of itself. */
import { type DkimEvidence, ldhDomain, sha256Hex } from '@tinyfat/core';
import type { DKIMResult } from 'mailauth';
import { countField } from '../mime/header-block.ts';
import { isAligned, resultWord } from './words.ts';

/** Names recorded of one signature; real ones sign two dozen fields. */
const MAX_SIGNED_HEADERS = 100;

/**
 * Fields of which a mail has one (RFC 5322 section 3.6, RFC 2045 section 3) and whose first one is read, while a
 * signature covers the last ones. To, Cc and Date are not among them: the replay rule counts those.
 */
const SINGLE_FIELDS = [
  'subject',
  'message-id',
  'in-reply-to',
  'references',
  'content-type',
  'content-transfer-encoding',
];

/** Single fields that a header section has several of, and how many. */
export function repeatedFields(block: Uint8Array): Map<string, number> {
  const counts = SINGLE_FIELDS.map((name) => [name, countField(block, name)] as const);
  return new Map(counts.filter(([, count]) => count > 1));
}

/**
 * The evidence of one signature; `aligned` is relaxed alignment with the From domain by the Public Suffix List. What
 * verifies is still not accepted (`policy`) where
 *
 * - it covers a single field, but not all there are of it: somebody put one on top of what was signed (RFC 6376
 *   section 8.15);
 * - its key is for testing: such mail is to be treated as if it were unsigned (`t=y`, RFC 6376 section 3.6.1).
 */
export async function signatureEvidence(
  result: DKIMResult,
  fromDomain: string,
  repeated: Map<string, number>,
): Promise<DkimEvidence> {
  const signedHeaders = coveredFields(result);
  const addedTo = [...repeated].some(([name, count]) => {
    const covered = signedHeaders.filter((signed) => signed === name).length;
    return covered > 0 && covered < count;
  });
  const word = resultWord(result.status.result);
  const domain = ldhDomain(result.signingDomain ?? '') ?? '';
  const accepted = !addedTo && result.status.testing !== true;
  return {
    result: word === 'pass' && !accepted ? 'policy' : word,
    domain,
    selector: result.selector ?? '',
    aligned: isAligned(fromDomain, domain),
    bodyLengthLimited: result.canonBodyLengthLimited === true,
    signedHeaders: signedHeaders.slice(0, MAX_SIGNED_HEADERS),
    signedAt: signingTime(result.signTime),
    fingerprint: await fingerprint(result.signature),
  };
}

/** The fields that mailauth found and hashed; a name of h= without a field is not among them. */
function coveredFields(result: DKIMResult): string[] {
  const names = result.signingHeaders?.keys.split(':') ?? [];
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
}

function signingTime(iso: string | null | undefined): number | null {
  const time = Date.parse(iso ?? '');
  return Number.isNaN(time) ? null : time;
}

/**
 * Of the signature's bytes, not of its text: blanks, padding and characters that are no base64 change the text, and
 * it still verifies.
 */
async function fingerprint(signature: string | undefined): Promise<string> {
  if (typeof signature !== 'string' || signature === '') return '';
  return await sha256Hex(Buffer.from(signature, 'base64'));
}
