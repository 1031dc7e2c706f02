/** Tokens of the JSON API, each stored as its hash alone. */
import { type After, isAfter, isNamed } from './row-places.ts';
import type { ApiToken, Database } from './schema/index.ts';
import { changed, countRows } from './statements.ts';

/** `last_used_at` is written at most so often, ms: a write is an fsync. */
const USE_NOTED_EVERY_MS = 60_000;

/** Adds one. */
export async function insertApiToken(
  db: Database,
  token: Omit<ApiToken, 'last_used_at' | 'revoked_at'>,
): Promise<void> {
  await db.insertInto('api_tokens').values(token).execute();
}

/** The token with this hash, be it expired or revoked; undefined when there is none. */
export async function findApiToken(db: Database, tokenSha256: string): Promise<ApiToken | undefined> {
  return await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
}

/** Tokens of one owner or of all, newest first, revoked ones among them; behind a place in the list. */
export async function listApiTokens(
  db: Database,
  owner: string | null,
  { after, limit }: { after: After | null; limit: number },
): Promise<ApiToken[]> {
  return await tokensOf(db, owner)
    .selectAll()
    .where(isAfter('created_at', 'id', after))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** The token with this id, of one owner or of anybody, or those whose ids begin with it, two at most. */
export async function apiTokensNamed(db: Database, owner: string | null, id: string): Promise<ApiToken[]> {
  return await tokensOf(db, owner).selectAll().where(isNamed('id', id)).limit(2).execute();
}

function tokensOf(db: Database, owner: string | null) {
  const all = db.selectFrom('api_tokens');
  return owner === null ? all : all.where('owner', '=', owner);
}

/** How many tokens of an owner are neither revoked nor expired. */
export async function countLiveApiTokens(db: Database, owner: string, now: number): Promise<number> {
  const live = db.selectFrom('api_tokens').where('owner', '=', owner).where('revoked_at', 'is', null);
  return await countRows(
    live.where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)])),
  );
}

/** Notes that a token was used. */
export async function markApiTokenUsed(db: Database, token: ApiToken, at: number): Promise<void> {
  if (token.last_used_at !== null && at - token.last_used_at < USE_NOTED_EVERY_MS) return;
  await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', token.id).execute();
}

/** Revokes a token, of this owner or of anybody; false when there is none, or it was revoked before. */
export async function revokeApiToken(
  db: Database,
  id: string,
  owner: string | null,
  at: number,
): Promise<boolean> {
  const live = db.updateTable('api_tokens').where('id', '=', id).where('revoked_at', 'is', null);
  const own = owner === null ? live : live.where('owner', '=', owner);
  return await changed(own.set({ revoked_at: at }));
}
