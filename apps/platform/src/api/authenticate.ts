/** Who makes a request: a token if one is sent, else the person whose session it carries. */
import { sha256HexOfText, toBase64url } from '@tinyfat/core';
import { findApiToken, markApiTokenUsed } from '@tinyfat/database';
import * as v from 'valibot';
import type { Viewer } from '../accounts/contract.ts';
import { type Refusal, refuse } from './answer.ts';
import type { ApiDeps } from './deps.ts';
import { type Principal, SCOPES, type Scope } from './principal.ts';

/** Who it is, or 401. */
export type Authenticated = { ok: true; principal: Principal } | Refusal;

const CHALLENGE = { 'www-authenticate': 'Bearer realm="tinyfat"' };
const TOKEN_BYTES = 32;
const scopesSchema = v.array(v.picklist(SCOPES));

/** Reads the credentials. An invalid token is refused even beside a valid session. */
export async function authenticate(deps: ApiDeps, headers: Headers): Promise<Authenticated> {
  const authorization = headers.get('authorization');
  if (authorization !== null) return await byToken(deps, authorization);
  const viewer = await deps.viewer(headers);
  if (!viewer) return refuse('not_signed_in', undefined, CHALLENGE);
  return { ok: true, principal: sessionOf(viewer) };
}

/** Who a person is that is signed in. */
export function sessionOf({ address: owner, isAdmin, session }: Viewer): Principal {
  const scopes = new Set(SCOPES.filter((scope) => scope !== 'admin' || isAdmin));
  return {
    kind: 'session',
    owner,
    isAdmin,
    scopes,
    ...(session === undefined ? {} : { sessionId: session }),
  };
}

async function byToken(deps: ApiDeps, authorization: string): Promise<Authenticated> {
  const [, token] = /^bearer +(tf_[\w-]{43})$/i.exec(authorization) ?? [];
  const row = token === undefined ? undefined : await findApiToken(deps.db, await tokenHash(token));
  const now = deps.clock();
  const isOver = !row || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now);
  if (isOver) {
    return refuse('token_invalid', undefined, {
      'www-authenticate': `${CHALLENGE['www-authenticate']}, error="invalid_token"`,
    });
  }
  await markApiTokenUsed(deps.db, row, now);
  const { owner } = row;
  const scopes = new Set(readScopes(row.scopes));
  // The scope counts only while ADMIN_EMAILS names the owner.
  if (!deps.adminEmails.includes(owner)) scopes.delete('admin');
  return {
    ok: true,
    principal: {
      kind: 'token',
      owner,
      isAdmin: scopes.has('admin'),
      scopes,
      tokenId: row.id,
      expiresAt: row.expires_at,
    },
  };
}

/** A new token: `tf_` and 32 random bytes. */
export function newToken(randomBytes: (count: number) => Uint8Array): string {
  return `tf_${toBase64url(randomBytes(TOKEN_BYTES))}`;
}

/** What the database stores of a token. It has 256 random bits, so that no slow hash is needed. */
export async function tokenHash(token: string): Promise<string> {
  return await sha256HexOfText(token);
}

/** The scopes in a row. */
export function readScopes(text: string): Scope[] {
  return v.parse(scopesSchema, JSON.parse(text));
}
