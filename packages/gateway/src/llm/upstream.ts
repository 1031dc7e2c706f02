import type { KeyRefusal, LlmUpstream } from '@tinyfat/core';

/** Where requests of one run go, with the key in clear. Lives in the run's gateway only. */
type OpenUpstream =
  /** The base URL has no slash at its end. */
  { kind: 'anthropic'; baseUrl: string; apiKey: string } | { kind: 'demo' };

/** Decrypts the key where it is sealed. Throws when the base URL or the key can't be used at all. */
export async function openUpstream(
  upstream: LlmUpstream,
): Promise<{ ok: true; upstream: OpenUpstream } | KeyRefusal> {
  if (upstream.kind === 'demo') return { ok: true, upstream };
  const baseUrl = parseBaseUrl(upstream.baseUrl);
  const { apiKey } = upstream;
  const opened = typeof apiKey === 'string' ? { ok: true as const, key: apiKey } : await apiKey();
  if (!opened.ok) return opened;
  if (!/^[\x21-\x7e]+$/.test(opened.key)) {
    throw new Error('the LLM key must be printable ASCII without spaces, and not empty');
  }
  return { ok: true, upstream: { kind: 'anthropic', baseUrl, apiKey: opened.key } };
}

function parseBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error('the LLM base URL must begin with https:// or http://');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** How a request reaches the LLM: a part of `fetch`, which the platform's own fits. It must not follow redirects. */
export type UpstreamFetch = (
  url: string,
  init: {
    method: 'POST';
    headers: Headers;
    body: Uint8Array;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<Response>;

/** Why a request got no answer, as a sentence that may be shown to the sandbox. Other errors of a fetch may hold anything. */
export class UpstreamFault extends Error {
  /** False where it is known that the upstream never got the whole request. */
  readonly sent: boolean;
  constructor(message: string, sent: boolean) {
    super(message);
    this.sent = sent;
  }
}
