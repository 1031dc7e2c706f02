import type { KeyRefusal, LlmUpstream } from '../contract.ts';
import { parseBaseUrl } from './upstream-agents.ts';

/** Where requests of one run go, with the key in clear. Lives in the run's gateway only. */
export type OpenUpstream = { kind: 'anthropic'; baseUrl: URL; apiKey: string } | { kind: 'demo' };

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
