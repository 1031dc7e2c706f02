import * as v from 'valibot';
import { json, noContent } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { address, line, named, ofId, page, paging, time } from '../fields.ts';
import { SCOPES } from '../principal.ts';
import { route } from '../route.ts';

/** Days. */
const MAX_TOKEN_DAYS = 366;
export const DEFAULT_TOKEN_DAYS = 90;

const facts = {
  id: v.string(),
  owner: v.string(),
  name: v.string(),
  last_four: v.string(),
  scopes: v.array(v.picklist(SCOPES)),
  created_at: time,
  expires_at: v.nullable(time),
  last_used_at: v.nullable(time),
  revoked_at: v.nullable(time),
};

export const token = named('Token', v.strictObject(facts));

export const listTokens = route('GET', '/tokens', 'Tokens of this API: their last four characters', {
  description: 'Newest first, those that are revoked or over among them.',
  scope: 'tokens',
  query: v.strictObject({ owner: v.optional(address), ...paging }),
  answer: json(page(token)),
  errors: ['not_permitted'],
});

export const createToken = route('POST', '/tokens', 'Make a token; it is shown this once', {
  description: `It can and lives at most what the one who makes it does. Without expires_in_days it lives ${DEFAULT_TOKEN_DAYS} days, or until the token that makes it ends.`,
  scope: 'tokens',
  body: jsonBody(
    v.strictObject({
      name: v.optional(line(100, 'a name of at most 100 characters'), ''),
      scopes: v.pipe(
        v.array(v.picklist(SCOPES, SCOPES.join(', '))),
        v.minLength(1, 'at least one scope'),
        v.maxLength(SCOPES.length, 'each scope once'),
      ),
      expires_in_days: v.optional(
        v.nullable(
          v.pipe(
            v.number(`a number of days up to ${MAX_TOKEN_DAYS}`),
            v.integer(`a whole number of days up to ${MAX_TOKEN_DAYS}`),
            v.minValue(1, `a number of days from 1 to ${MAX_TOKEN_DAYS}`),
            v.maxValue(MAX_TOKEN_DAYS, `a number of days up to ${MAX_TOKEN_DAYS}`),
          ),
        ),
      ),
      owner: v.optional(address),
    }),
  ),
  answer: json(v.strictObject({ ...facts, token: v.string() }), 201),
  errors: ['not_permitted', 'conflict'],
});

export const revokeToken = route('DELETE', '/tokens/{id}', 'Revoke a token at once', {
  scope: 'tokens',
  params: ofId,
  answer: noContent,
});
