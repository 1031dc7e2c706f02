/**
 * The link by which an owner decides about one mail without signing in. Its token names the mail, the digest of what was to
 * be read, and when it expires, signed together with the owner by a key that only this server has: so it opens that one mail
 * of that one owner, as it was, and nothing is stored for it. It is no secret that is used up: what is decided stays decided.
 */
import { equalBytes, fromBase64url, toBase64url, toHex } from '@tinyfat/core';
import { type Database, ownerOfDelivery } from '@tinyfat/database';
import type { SignInKey } from '../accounts/sign-in-key.ts';

/** What a link is about. */
export interface DecisionMatter {
  deliveryId: string;
  /** core's `approvalDigest`. */
  digest: string;
  /** Canonical address of the owner of the agent. */
  owner: string;
  /** Epoch ms, in whole seconds. */
  expiresAt: number;
}

/** What a token opens, or why it opens nothing; `expired` ones are ours. */
export type OpenedLink = ({ ok: true } & DecisionMatter) | { ok: false; why: 'unknown' | 'expired' };

/** How long a link works, ms. */
export const DECISION_LINK_MS = 7 * 86_400_000;

type Signing = Pick<SignInKey, 'decisionMac'>;

/** The token: `delivery.expiry.digest.signature`. */
export async function decisionToken(key: Signing, matter: DecisionMatter): Promise<string> {
  const { deliveryId, digest, expiresAt } = matter;
  const expiry = Math.floor(expiresAt / 1000).toString(36);
  return [deliveryId, expiry, toBase64url(fromHex(digest)), await macOf(key, matter)].join('.');
}

/** Reads and checks a token, at `now` (epoch ms). */
export async function openDecisionLink(
  { db, key, now }: { db: Database; key: Signing; now: number },
  token: string,
): Promise<OpenedLink> {
  const unknown: OpenedLink = { ok: false, why: 'unknown' };
  const parts = /^([A-Za-z0-9-]{1,64})\.([0-9a-z]{1,9})\.([\w-]{43})\.([\w-]{43})$/.exec(token);
  if (!parts) return unknown;
  const [, deliveryId = '', expiry = '', packed = '', signature = ''] = parts;
  const digest = fromBase64url(packed);
  const owner = digest && (await ownerOfDelivery(db, deliveryId));
  if (!digest || owner == null) return unknown;
  const expiresAt = Number.parseInt(expiry, 36) * 1000;
  const matter: DecisionMatter = { deliveryId, digest: toHex(digest), owner, expiresAt };
  const encoder = new TextEncoder();
  if (!equalBytes(encoder.encode(signature), encoder.encode(await macOf(key, matter)))) return unknown;
  return expiresAt > now ? { ok: true, ...matter } : { ok: false, why: 'expired' };
}

async function macOf(
  key: Signing,
  { deliveryId, digest, owner, expiresAt }: DecisionMatter,
): Promise<string> {
  return await key.decisionMac(JSON.stringify([deliveryId, digest, owner, Math.floor(expiresAt / 1000)]));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
