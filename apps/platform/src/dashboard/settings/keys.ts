/** Keys of model providers: what pays for the turns of one's agents, and what the form does. */
import { LLM_PROVIDERS } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Outcome, Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { getFirstRun } from '../../api/routes/first-run.ts';
import { deleteKey, type key, listKeys, putKey } from '../../api/routes/keys.ts';

const PROVIDER_NAMES: Readonly<Record<(typeof LLM_PROVIDERS)[number], string>> = { anthropic: 'Anthropic' };

export type StoredKey = v.InferOutput<typeof key>;

/** One provider with the key that the owner has stored; null for none. */
interface ProviderRow {
  provider: string;
  name: string;
  stored: StoredKey | null;
}

export interface KeysPage {
  ok: true;
  rows: ProviderRow[];
  /** Who pays, in a sentence. */
  paying: { text: string; tone: 'good' | 'wait' };
}

/** What each form did. */
export const DONE = {
  stored: 'The key is stored. It pays from the next turn on.',
  removed: 'The key is removed.',
};

const PAYING: Readonly<Record<'owner' | 'operator' | 'none', KeysPage['paying']>> = {
  owner: { text: 'Your own key pays for the turns of your agents.', tone: 'good' },
  operator: {
    text: 'The key of whoever runs this server pays for the turns of your agents. A key of your own takes its place.',
    tone: 'good',
  },
  none: {
    text: 'There is no key, so the built-in demo model answers, and says so. Store a key for a real model.',
    tone: 'wait',
  },
};

/** What the page shows to the viewer of this address. */
export async function keysPage(ask: Ask, owner: string): Promise<KeysPage | Refusal> {
  const stored = await ask(listKeys, { query: { owner } });
  if (!stored.ok) return stored;
  const first = await ask(getFirstRun);
  if (!first.ok) return first;
  const rows = LLM_PROVIDERS.map((provider) => ({
    provider,
    name: PROVIDER_NAMES[provider],
    stored: stored.body.data.find((one) => one.provider === provider) ?? null,
  }));
  return { ok: true, rows, paying: PAYING[first.body.key ?? 'none'] };
}

/** Stores or removes a key, as the form says; gives the word for `done`. */
export async function changeKey(
  ask: Ask,
  owner: string,
  fields: URLSearchParams,
): Promise<{ ok: true; done: keyof typeof DONE } | Refusal> {
  const provider = LLM_PROVIDERS.find((one) => one === fields.get('provider'));
  if (provider === undefined) return { ok: false, code: 'not_found', status: 404 };
  if (fields.get('action') === 'remove') {
    const gone: Outcome<null> = await ask(deleteKey, { params: { provider }, query: { owner } });
    return gone.ok ? { ok: true, done: 'removed' } : gone;
  }
  const key = (fields.get('key') ?? '').trim();
  const put = await ask(putKey, { params: { provider }, query: { owner }, body: { key } });
  return put.ok ? { ok: true, done: 'stored' } : put;
}
