/** Tokens of the JSON API, by the hash of each; nothing here could tell what a token is. */
import type { ApiToken } from './schema.ts';
import type { Database } from './sqlite.ts';

/** `last_used_at` is written at most so often, ms: a write is an fsync. */
const USE_NOTED_EVERY_MS = 60_000;

/** Adds one. */
export async function insertApiToken(
  db: Database,
  token: Omit<ApiToken, 'last_used_at' | 'revoked_at'>,
): Promise<void> {
  await db
    .insertInto('api_tokens')
    .values({ ...token, last_used_at: null, revoked_at: null })
    .execute();
}

/** The token with this hash, be it expired or revoked; undefined when there is none. */
export async function findApiToken(db: Database, tokenSha256: string): Promise<ApiToken | undefined> {
  return await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_sha256', '=', tokenSha256)
    .executeTakeFirst();
}

/** Tokens of one owner or of all, newest first, revoked ones among them. */
export async function listApiTokens(db: Database, owner: string | null): Promise<ApiToken[]> {
  let query = db.selectFrom('api_tokens').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (owner !== null) query = query.where('owner', '=', owner);
  return await query.execute();
}

/** How many tokens of an owner are neither revoked nor expired. */
export async function countLiveApiTokens(db: Database, owner: string, now: number): Promise<number> {
  const row = await db
    .selectFrom('api_tokens')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('owner', '=', owner)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Notes that a token was used. */
export async function markApiTokenUsed(db: Database, token: ApiToken, at: number): Promise<void> {
  if (token.last_used_at !== null && at - token.last_used_at < USE_NOTED_EVERY_MS) return;
  await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', token.id).execute();
}

/** Revokes a token, of this owner or of whomever; false when there is none, or it was revoked before. */
export async function revokeApiToken(
  db: Database,
  id: string,
  owner: string | null,
  at: number,
): Promise<boolean> {
  let query = db
    .updateTable('api_tokens')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null);
  if (owner !== null) query = query.where('owner', '=', owner);
  return (await query.returning('id').executeTakeFirst()) !== undefined;
}
