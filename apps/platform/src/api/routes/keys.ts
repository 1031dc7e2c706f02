import { LLM_PROVIDERS } from '@tinyfat/core';
import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { named, ofOwner, page, time } from '../fields.ts';
import { route } from '../route.ts';

const facts = {
  owner: v.string(),
  provider: v.string(),
  last_four: v.string(),
  created_at: time,
  last_used_at: v.nullable(time),
};

export const key = named('ProviderKey', v.strictObject(facts));

const storedKey = named(
  'StoredProviderKey',
  v.strictObject({
    ...facts,
    /** The last four of the key whose place it took; null where there was none. */
    replaced: v.nullable(v.string()),
  }),
);

const ofProvider = v.strictObject({ provider: v.picklist(LLM_PROVIDERS, LLM_PROVIDERS.join(' or ')) });
export const listKeys = route('GET', '/keys', 'Stored keys of model providers: their last four characters', {
  scope: 'keys',
  query: ofOwner,
  answer: json(page(key)),
  errors: ['not_permitted'],
});

export const putKey = route('PUT', '/keys/{provider}', "Store a key that pays for the owner's agents", {
  description: 'Write-only: it is never given out again.',
  scope: 'keys',
  params: ofProvider,
  query: ofOwner,
  body: jsonBody(v.strictObject({ key: v.string('the key') }), 16 * 1024),
  answer: json(storedKey),
  errors: ['not_permitted'],
});

export const deleteKey = route('DELETE', '/keys/{provider}', 'Remove a key', {
  scope: 'keys',
  params: ofProvider,
  query: ofOwner,
  answer: noContent,
  errors: ['not_permitted'],
});
