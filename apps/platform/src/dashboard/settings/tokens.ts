/** Tokens of the API: what there is, and one that is made and shown this once. */
import type * as v from 'valibot';
import type { Refusal } from '../../api/answer.ts';
import type { Ask } from '../../api/ask.ts';
import { SCOPES, type Scope } from '../../api/principal.ts';
import { createToken, listTokens, revokeToken, type token } from '../../api/routes/tokens.ts';
import type { Word } from '../../view/words.ts';

type Token = v.InferOutput<typeof token>;

/** What each scope lets a program do. */
export const SCOPE_WORDS: Readonly<Record<Scope, { label: string; hint: string }>> = {
  read: { label: 'Read', hint: 'look at everything of yours' },
  write: { label: 'Write', hint: 'change agents, senders, mails, files, the outbox, budgets' },
  keys: { label: 'Keys', hint: 'store and remove keys of model providers' },
  tokens: { label: 'Tokens', hint: 'make and revoke tokens, sign browsers out' },
  admin: { label: 'Admin', hint: "see and change everybody's" },
};

/** Days that a token may live, to choose from. */
export const LIFETIMES = [
  { days: 7, label: '7 days' },
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 366, label: 'a year' },
] as const;

export const DONE = { revoked: 'The token is revoked: it opens nothing any more.' };

/** A row of the list. */
interface TokenRow extends Token {
  scopeLabels: string;
  word: Word;
  /** It still opens something. */
  live: boolean;
}

export interface TokensPage {
  ok: true;
  rows: TokenRow[];
  next: string | null;
  /** The one that is asked about before it is revoked; null for none. */
  asked: TokenRow | null;
  scopes: { scope: Scope; label: string; hint: string }[];
}

/** A page of the viewer's tokens, the newest first; `asked` is the id of the one to be revoked. */
export async function tokensPage(
  ask: Ask,
  {
    owner,
    isAdmin,
    asked,
    cursor,
    now,
  }: { owner: string; isAdmin: boolean; asked: string | null; cursor?: string | undefined; now: number },
): Promise<TokensPage | Refusal> {
  const listed = await ask(listTokens, { query: { owner, cursor, limit: '50' } });
  if (!listed.ok) return listed;
  const rows = listed.body.data.map((one) => rowOf(one, now));
  const scopes = SCOPES.filter((scope) => scope !== 'admin' || isAdmin);
  return {
    ok: true,
    rows,
    next: listed.body.next_cursor,
    asked: rows.find((row) => row.id === asked && row.live) ?? null,
    scopes: scopes.map((scope) => ({ scope, ...SCOPE_WORDS[scope] })),
  };
}

function rowOf(token: Token, now: number): TokenRow {
  const over = token.expires_at !== null && Date.parse(token.expires_at) <= now;
  const word: Word =
    token.revoked_at !== null
      ? { label: 'revoked', tone: 'quiet' }
      : over
        ? { label: 'expired', tone: 'quiet' }
        : { label: 'in force', tone: 'good' };
  const scopeLabels = token.scopes.map((scope) => SCOPE_WORDS[scope].label).join(', ');
  return { ...token, scopeLabels, word, live: token.revoked_at === null && !over };
}

/** What was typed into the form. */
export interface NewToken {
  name: string;
  scopes: Scope[];
  days: number;
}

/** Reads the form; what is no scope is left out, and an unknown lifetime becomes 90 days. */
export function newTokenFields(fields: URLSearchParams): NewToken {
  const chosen = fields.getAll('scope');
  const days = Number(fields.get('days'));
  return {
    name: (fields.get('name') ?? '').trim(),
    scopes: SCOPES.filter((scope) => chosen.includes(scope)),
    days: LIFETIMES.find((lifetime) => lifetime.days === days)?.days ?? 90,
  };
}

/** Makes a token; its text is in the answer, and nowhere else afterwards. */
export async function makeToken(
  ask: Ask,
  owner: string,
  { name, scopes, days }: NewToken,
): Promise<{ ok: true; token: string } | Refusal> {
  if (scopes.length === 0) {
    return { ok: false, code: 'invalid_request', status: 400, detail: 'Choose what the token may do.' };
  }
  const made = await ask(createToken, { body: { name, scopes, expires_in_days: days, owner } });
  return made.ok ? { ok: true, token: made.body.token } : made;
}

/** Revokes the token that the form names. */
export async function revoke(ask: Ask, fields: URLSearchParams): Promise<{ ok: true } | Refusal> {
  const gone = await ask(revokeToken, { params: { id: fields.get('id') ?? '' } });
  return gone.ok ? { ok: true } : gone;
}
