/** Whether a webhook is its provider's: by the signature of Resend, or by the user and password of Postmark. */
import { fromBase64 } from '../bytes/base64.ts';
import { equalBytes, sha256 } from '../bytes/sha256.ts';

/** What came, before anything of it is believed. */
interface SignedWebhook {
  headers: Headers;
  body: Uint8Array;
  /** Epoch ms. */
  now: number;
}

/** `id` is the provider's for this event: the same whenever it is sent again. */
type SignatureVerdict = { ok: true; id: string } | SignatureRefusal;

interface SignatureRefusal {
  ok: false;
  code: 'webhook_signature_wrong' | 'webhook_stale';
  reason: string;
}

/** Bytes of an HMAC key. */
export type WebhookSecret = Uint8Array<ArrayBuffer>;

/** How far the time of a webhook may be from ours, in ms; Svix's own libraries take the same. */
const WEBHOOK_TOLERANCE_MS = 5 * 60_000;

/** Signatures of one header that are looked at: there is one for each secret in force. */
const MAX_SIGNATURES = 20;

/** The key in a secret as Resend shows it, `whsec_` and base64; null for anything else. */
export function parseWebhookSecret(text: string): WebhookSecret | null {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const key = encoded === undefined ? null : fromShortBase64(encoded);
  // Svix makes keys of 24 to 64 bytes.
  return key === null || key.length < 16 ? null : key;
}

/**
 * Whether the headers can be those of a signed webhook at all: null, or what is missing. It proves nothing, but spares
 * reading what certainly is none.
 */
export function signatureMissing(headers: Headers): SignatureRefusal | null {
  const claim = claimIn(headers);
  return typeof claim === 'string' ? wrong(claim) : null;
}

/**
 * Checks signature and time as Svix signs for Resend (docs.svix.com, "Verifying payloads manually"): HMAC-SHA256 over
 * `id.timestamp.body`; any of the signatures may be right, by any of the secrets. Resend's own library takes one secret
 * only, reads the system's clock, and does not tell a wrong signature from an old one.
 */
export async function verifySvix(
  { headers, body, now }: SignedWebhook,
  secrets: readonly WebhookSecret[],
): Promise<SignatureVerdict> {
  const claim = claimIn(headers);
  if (typeof claim === 'string') return wrong(claim);
  const { id, timestamp, given } = claim;
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(prefix.length + body.length);
  signed.set(prefix);
  signed.set(body, prefix.length);
  let matches = false;
  for (const secret of secrets) {
    const right = await hmacSha256(secret, signed);
    for (const one of given) matches = equalBytes(one, right) || matches;
  }
  if (!matches) return wrong('No signature fits any of the secrets.');
  const ahead = Number(timestamp) * 1000 - now;
  if (Math.abs(ahead) <= WEBHOOK_TOLERANCE_MS) return { ok: true, id };
  const minutes = Math.round(Math.abs(ahead) / 60_000);
  const reason = `It was signed ${minutes} minutes ${ahead < 0 ? 'ago' : 'ahead of our clock'}.`;
  return { ok: false, code: 'webhook_stale', reason };
}

/** HTTP basic authentication (RFC 7617): whether the Authorization header holds one of the credentials, each `user:password`. */
export async function verifyBasicAuth(headers: Headers, credentials: readonly string[]): Promise<boolean> {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1];
  const bytes = encoded === undefined ? null : fromBase64(encoded);
  // Digests have one length, so the time does not show that of the password.
  const given = await sha256(bytes ?? new Uint8Array());
  let matches = false;
  for (const one of credentials) {
    const right = await sha256(new TextEncoder().encode(one));
    matches = equalBytes(given, right) || matches;
  }
  return matches && encoded !== undefined;
}

interface Claim {
  id: string;
  timestamp: string;
  given: Uint8Array[];
}

/** What the headers say, or a sentence about what they lack. */
function claimIn(headers: Headers): Claim | string {
  const id = headers.get('svix-id') ?? '';
  const timestamp = headers.get('svix-timestamp') ?? '';
  const signatures = (headers.get('svix-signature') ?? '').split(' ').slice(0, MAX_SIGNATURES);
  if (!/^[\w.:-]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) {
    return 'It has no svix-id or no svix-timestamp.';
  }
  const given = signatures.flatMap((signature) => {
    const [version, encoded = ''] = signature.split(',');
    return version === 'v1' ? (fromShortBase64(encoded) ?? []) : [];
  });
  if (given.length === 0) return 'It has no signature of version v1.';
  return { id, timestamp, given };
}

async function hmacSha256(secret: WebhookSecret, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes));
}

function fromShortBase64(text: string): Uint8Array<ArrayBuffer> | null {
  return text.length > 200 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text) ? null : fromBase64(text);
}

function wrong(reason: string): SignatureRefusal {
  return { ok: false, code: 'webhook_signature_wrong', reason };
}
