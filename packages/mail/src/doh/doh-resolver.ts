/**
 * A resolver over HTTPS (RFC 8484), for where there are no sockets for the DNS. Its outcomes are those of `nodeResolver`, so
 * that a sender is judged the same: only `ENOTFOUND` and `ENODATA` say that something is not there, and `EBADNAME` that a
 * name can't be asked for; all else is trouble that may pass. Invariants: an answer is read only to the size that a DNS
 * message can have; no redirect is followed; nothing but the name asked for leaves.
 */
import { readBody } from '@tinyfat/core';
import { type DnsResolver, lookupError, unanswered } from '../authenticate/lookups.ts';
import { readAnswer } from './dns-answer.ts';
import { isRecordType, labelsOf, type RecordType, writeQuery } from './dns-query.ts';

export interface DohOptions {
  /** Address of the service, such as `https://cloudflare-dns.com/dns-query`. */
  url: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Ms for all lookups of one message; a try of one lookup gets a quarter. */
  budgetMs: number;
}

/** Largest DNS message (RFC 8484 section 6), bytes. */
const MAX_ANSWER_BYTES = 65_535;
const MEDIA_TYPE = 'application/dns-message';
const TRIES = 2;
const MIN_TRY_MS = 250;

/** What one try gave: a DNS message, or why there is none; `again` where another try may give one. */
type Fetched =
  | { ok: true; message: Uint8Array }
  | { ok: false; code: string; reason: string; again: boolean };

/** A resolver for the lookups of one message. */
export function dohResolver(options: DohOptions): DnsResolver {
  const cancelled = new AbortController();
  return {
    async resolve(name, type) {
      if (!isRecordType(type)) throw unanswered(name, `no lookups of type ${type}`);
      const labels = labelsOf(name);
      if (labels === null) throw lookupError(name, 'EBADNAME', 'it is no name that can be asked for');
      const answer = await ask(options, labels, type, cancelled.signal);
      if (!answer.ok) throw lookupError(name, answer.code, answer.reason);
      return answer.records;
    },
    cancel: () => cancelled.abort(),
  };
}

async function ask(options: DohOptions, labels: readonly string[], type: RecordType, cancelled: AbortSignal) {
  const query = writeQuery(labels, type);
  let fetched = await fetchAnswer(options, query, cancelled);
  for (let tries = 1; !fetched.ok && fetched.again && tries < TRIES && !cancelled.aborted; tries += 1) {
    fetched = await fetchAnswer(options, query, cancelled);
  }
  return fetched.ok ? readAnswer(fetched.message, { labels, type }) : fetched;
}

/** Never rejects. */
async function fetchAnswer(
  { url, fetch, budgetMs }: DohOptions,
  query: Uint8Array<ArrayBuffer>,
  cancelled: AbortSignal,
): Promise<Fetched> {
  const tryMs = Math.max(MIN_TRY_MS, Math.floor(budgetMs / 4));
  const late = AbortSignal.timeout(tryMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': MEDIA_TYPE, accept: MEDIA_TYPE },
      body: query,
      redirect: 'manual',
      signal: AbortSignal.any([late, cancelled]),
    });
    if (response.status !== 200 || mediaType(response) !== MEDIA_TYPE) {
      await response.body?.cancel();
      return unusable(response);
    }
    const body = await readBody(response.body, { maxBytes: MAX_ANSWER_BYTES, readMs: tryMs });
    if (body.ok) return { ok: true, message: body.bytes };
    if (body.why === 'broken') throw body.error;
    return body.why === 'late'
      ? { ok: false, code: 'ETIMEOUT', reason: 'the answer did not end in time', again: true }
      : { ok: false, code: 'EBADRESP', reason: 'the answer is too large', again: false };
  } catch {
    // What fetch says of a broken connection differs by runtime, and names the service at most.
    if (cancelled.aborted) return { ok: false, code: 'ECANCELLED', reason: 'it was given up', again: false };
    return late.aborted
      ? { ok: false, code: 'ETIMEOUT', reason: 'no answer in time', again: true }
      : { ok: false, code: 'ECONNREFUSED', reason: 'the connection broke', again: true };
  }
}

function mediaType({ headers }: Response): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function unusable({ status }: Response): Fetched {
  const reason = status === 200 ? 'the answer is no DNS message' : `the service answered ${status}`;
  const again = status === 429 || status >= 500;
  return { ok: false, code: status === 200 ? 'EBADRESP' : 'ESERVFAIL', reason, again };
}
