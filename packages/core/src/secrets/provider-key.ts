/** Keys of LLM providers that belong to an account: what text is taken for one, and where its sealed form belongs. */
import type { SecretBinding } from './envelope.ts';

/** The providers that keys can be stored for. */
export const LLM_PROVIDERS = ['anthropic'] as const;

export type LlmProvider = (typeof LLM_PROVIDERS)[number];

/** Whether a text names a provider of the list. */
export function isLlmProvider(text: string): text is LlmProvider {
  return LLM_PROVIDERS.some((provider) => provider === text);
}

/** `lastFour` is all that is ever shown again. `reason` is a sentence that repeats nothing of the text. */
type ParsedProviderKey = { ok: true; key: string; lastFour: string } | { ok: false; reason: string };

/** Most bytes of a piped key with its line break; no more of the input needs to be read. */
export const MAX_KEY_BYTES = 512;
/** The four characters that are shown must not be much of the whole. */
const SHORTEST_KEY = 16;
/** RFC 6750 section 2.1, b64token and the colon: no character that JSON or a header writes in two ways. */
const KEY = /^[A-Za-z0-9._~+/:=-]+$/;

/** Reads a key as it was pasted or piped: one line break at its end is dropped, nothing else is mended. */
export function parseProviderKey(text: string): ParsedProviderKey {
  const key = text.replace(/\r?\n$/, '');
  if (key === '') return { ok: false, reason: 'The key is empty.' };
  if (text.length > MAX_KEY_BYTES) {
    return { ok: false, reason: `The key is too long: more than ${MAX_KEY_BYTES} characters.` };
  }
  if (/\s/.test(key)) {
    return {
      ok: false,
      reason: 'The key has a blank or a line break in it; give the key alone, on one line.',
    };
  }
  if (/\p{Cc}/u.test(key)) return { ok: false, reason: 'The key has a control character in it.' };
  if (!KEY.test(key)) return { ok: false, reason: 'The key has a character in it that no key has.' };
  if (key.length < SHORTEST_KEY) {
    return { ok: false, reason: `The key is too short: less than ${SHORTEST_KEY} characters.` };
  }
  return { ok: true, key, lastFour: key.slice(-4) };
}

/** Where the sealed key of a row belongs. */
export function providerKeyBinding(row: { id: string; owner: string; provider: string }): SecretBinding {
  return { purpose: 'provider_key', owner: row.owner, provider: row.provider, id: row.id };
}
