/**
 * Envelope encryption by WebCrypto. Each secret is encrypted with a data key of its own (AES-256-GCM), and the data
 * key is wrapped by a master key (AES-256-GCM as well), each with a fresh random IV of 96 bits (NIST SP 800-38D
 * section 8.2.2). Both layers are bound, as additional authenticated data, to the row that the secret belongs to: a
 * text that was moved to another owner, provider or row does not open. A data key never leaves WebCrypto.
 *
 * Text: `v1.{master key id}.{IV, wrapped data key, tag}.{IV, ciphertext, tag}`, the last two in base64url.
 */
import { fromBase64url, toBase64url } from '../bytes/base64.ts';
import type { MasterKey, MasterKeys } from './master-keys.ts';

/** Where a secret belongs. */
export interface SecretBinding {
  /** What it is for, so that secrets of different kinds never stand for each other. */
  purpose: 'provider_key';
  /** Canonical address of whose it is. */
  owner: string;
  provider: string;
  /** Id of its row; a new one whenever the secret is replaced. */
  id: string;
}

/** Why a sealed text does not open. */
export type SealRefusal =
  /** It has not the form of a sealed text, or one of another version. */
  | 'malformed'
  /** The master key that wrapped it is not among those given. */
  | 'unknown_master_key'
  /** It was changed, or sealed for another place. */
  | 'not_authentic';

type OpenedSecret = { ok: true; secret: string } | { ok: false; reason: SealRefusal };
type RewrappedSecret = { ok: true; sealed: string } | { ok: false; reason: SealRefusal };

/** A key inside WebCrypto, as each runtime's own types call it. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

interface SealedParts {
  masterKeyId: string;
  wrapped: Uint8Array<ArrayBuffer>;
  ciphertext: Uint8Array<ArrayBuffer>;
}

const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const WRAPPED_BYTES = IV_BYTES + 32 + TAG_BYTES;
const SHAPE = /^v1\.([a-z0-9]{1,16})\.([\w-]+)\.([\w-]+)$/;

/** Seals a secret for one place, under the first master key. */
export async function sealSecret(secret: string, binding: SecretBinding, keys: MasterKeys): Promise<string> {
  const [masterKey] = keys;
  const dataKey = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  const algorithm = gcm(freshIv(), secretData(binding));
  const ciphertext = await crypto.subtle.encrypt(algorithm, dataKey, new TextEncoder().encode(secret));
  return format({
    masterKeyId: masterKey.id,
    wrapped: await wrap(dataKey, masterKey, binding),
    ciphertext: joined(algorithm.iv, ciphertext),
  });
}

/** Opens what was sealed for this place. */
export async function openSecret(
  sealed: string,
  binding: SecretBinding,
  keys: MasterKeys,
): Promise<OpenedSecret> {
  const located = locate(sealed, keys);
  return located.ok ? await decrypt(located, binding) : located;
}

/** The same secret with its data key wrapped by the first master key; its ciphertext stays as it is. */
export async function rewrapSecret(
  sealed: string,
  binding: SecretBinding,
  keys: MasterKeys,
): Promise<RewrappedSecret> {
  const located = locate(sealed, keys);
  if (!located.ok) return located;
  // A text whose secret does not open must not come out looking like a sound one.
  const opened = await decrypt(located, binding);
  if (!opened.ok) return opened;
  const { parts, masterKey } = located;
  const [current] = keys;
  const dataKey = await unwrap(parts.wrapped, masterKey, binding, true);
  const wrapped = await wrap(dataKey, current, binding);
  return { ok: true, sealed: format({ ...parts, masterKeyId: current.id, wrapped }) };
}

/** Id of the master key that a sealed text needs; null when it is none. */
export function masterKeyIdOf(sealed: string): string | null {
  return parse(sealed)?.masterKeyId ?? null;
}

/** A sealed text in its parts, and the master key that it needs. */
interface LocatedSecret {
  ok: true;
  parts: SealedParts;
  masterKey: MasterKey;
}

function locate(sealed: string, keys: MasterKeys): LocatedSecret | { ok: false; reason: SealRefusal } {
  const parts = parse(sealed);
  if (!parts) return { ok: false, reason: 'malformed' };
  const masterKey = keys.find(({ id }) => id === parts.masterKeyId);
  return masterKey ? { ok: true, parts, masterKey } : { ok: false, reason: 'unknown_master_key' };
}

/** Any other failure of WebCrypto than a tag that does not fit is a fault, and is thrown. */
async function decrypt({ parts, masterKey }: LocatedSecret, binding: SecretBinding): Promise<OpenedSecret> {
  const { iv, rest } = split(parts.ciphertext);
  try {
    const dataKey = await unwrap(parts.wrapped, masterKey, binding, false);
    const bytes = await crypto.subtle.decrypt(gcm(iv, secretData(binding)), dataKey, rest);
    return { ok: true, secret: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof Error && error.name === 'OperationError')
      return { ok: false, reason: 'not_authentic' };
    throw error;
  }
}

async function wrap(
  dataKey: Key,
  masterKey: MasterKey,
  binding: SecretBinding,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = gcm(freshIv(), dataKeyData(masterKey.id, binding));
  const wrapping = await imported(masterKey, 'wrapKey');
  return joined(algorithm.iv, await crypto.subtle.wrapKey('raw', dataKey, wrapping, algorithm));
}

async function unwrap(
  wrapped: Uint8Array<ArrayBuffer>,
  masterKey: MasterKey,
  binding: SecretBinding,
  extractable: boolean,
): Promise<Key> {
  const { iv, rest } = split(wrapped);
  const algorithm = gcm(iv, dataKeyData(masterKey.id, binding));
  const wrapping = await imported(masterKey, 'unwrapKey');
  return await crypto.subtle.unwrapKey('raw', rest, wrapping, algorithm, 'AES-GCM', extractable, ['decrypt']);
}

async function imported({ bytes }: MasterKey, usage: 'wrapKey' | 'unwrapKey'): Promise<Key> {
  return await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, [usage]);
}

function parse(sealed: string): SealedParts | null {
  const [, masterKeyId, wrappedText, ciphertextText] = SHAPE.exec(sealed) ?? [];
  if (masterKeyId === undefined || wrappedText === undefined || ciphertextText === undefined) return null;
  const wrapped = fromBase64url(wrappedText);
  const ciphertext = fromBase64url(ciphertextText);
  if (wrapped?.length !== WRAPPED_BYTES || !ciphertext || ciphertext.length < IV_BYTES + TAG_BYTES) {
    return null;
  }
  return { masterKeyId, wrapped, ciphertext };
}

function format({ masterKeyId, wrapped, ciphertext }: SealedParts): string {
  return [VERSION, masterKeyId, toBase64url(wrapped), toBase64url(ciphertext)].join('.');
}

/** Written as a JSON array, so that no two places have the same bytes. */
function secretData({ purpose, owner, provider, id }: SecretBinding): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([VERSION, 'secret', purpose, owner, provider, id]));
}

function dataKeyData(masterKeyId: string, binding: SecretBinding): Uint8Array<ArrayBuffer> {
  const { purpose, owner, provider, id } = binding;
  const place = [VERSION, 'data_key', masterKeyId, purpose, owner, provider, id];
  return new TextEncoder().encode(JSON.stringify(place));
}

function gcm(iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer>) {
  return { name: 'AES-GCM', iv, additionalData };
}

/** Not injected: an IV that comes a second time would give the key away. */
function freshIv(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES));
}

function joined(iv: Uint8Array<ArrayBuffer>, rest: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(iv.length + rest.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(rest), iv.length);
  return bytes;
}

function split(bytes: Uint8Array<ArrayBuffer>) {
  return { iv: bytes.subarray(0, IV_BYTES), rest: bytes.subarray(IV_BYTES) };
}
