/**
 * Master keys wrap the data keys of stored secrets (envelope.ts). Written as `k2:{key},k1:{key}`, in the variable
 * MASTER_KEYS and in the generated file alike. What is said about a text that can't be used repeats nothing of it.
 */
import { fromBase64url, toBase64url } from '../bytes/base64.ts';
import { toHex } from '../bytes/sha256.ts';

/** One key: 32 random bytes under the name that wrapped data keys carry. */
export interface MasterKey {
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The first one wraps; the others only open what they have wrapped. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

/** `reason` goes on after the name of where the text stood: `is wrong in entry 2: …`. */
type ParsedMasterKeys = { ok: true; keys: MasterKeys } | { ok: false; reason: string };

/** The master keys as they are now; `detail` is a sentence for the operator about this case. */
export type MasterKeysOutcome =
  | { ok: true; keys: MasterKeys }
  | {
      ok: false;
      code: 'master_keys_missing' | 'master_keys_unsafe' | 'master_keys_unreadable';
      detail: string;
    };

/** The generated master keys, wherever they are stored. */
export interface MasterKeyFile {
  /** The keys in it; a refusal names the line that mends it. */
  read(): Promise<MasterKeysOutcome>;
  /** Makes the file; rejects when there is one. */
  create(keys: MasterKeys): Promise<void>;
  /** Puts other keys into the file. */
  replace(keys: MasterKeys): Promise<void>;
}

const KEY_BYTES = 32;
const ID = /^[a-z0-9]{1,16}$/;

/** Reads `id:key` entries with commas between; a key is 32 bytes in base64 or base64url. */
export function parseMasterKeys(text: string): ParsedMasterKeys {
  const keys: MasterKey[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const key = parseEntry(entry.trim());
    const problem = typeof key === 'string' ? key : clash(key, keys);
    if (typeof key === 'string' || problem !== null) {
      return { ok: false, reason: `is wrong in entry ${index + 1}: ${problem}` };
    }
    keys.push(key);
  }
  const [first, ...others] = keys;
  return first ? { ok: true, keys: [first, ...others] } : { ok: false, reason: 'is empty' };
}

/** The text that `parseMasterKeys` reads. */
export function formatMasterKeys(keys: MasterKeys): string {
  return keys.map(({ id, bytes }) => `${id}:${toBase64url(bytes)}`).join(',');
}

/**
 * A fresh key; `randomBytes` must be cryptographically strong. Its id is random too: a file that was lost and made
 * anew must not take the old one's name.
 */
export function newMasterKey(randomBytes: (count: number) => Uint8Array): MasterKey {
  return { id: `g${toHex(randomBytes(5))}`, bytes: new Uint8Array(randomBytes(KEY_BYTES)) };
}

/** The key, or what is wrong with its text. An entry's parts may stand in the wrong order, so neither is named. */
function parseEntry(entry: string): MasterKey | string {
  const colon = entry.indexOf(':');
  if (colon === -1) return 'there is no colon; write id:key';
  const id = entry.slice(0, colon);
  if (!ID.test(id)) return 'before the colon must stand an id of at most 16 small letters and digits';
  const text = entry.slice(colon + 1);
  const unpadded = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  const bytes = fromBase64url(unpadded.replaceAll('+', '-').replaceAll('/', '_'));
  if (bytes === null) return 'the key is no base64';
  if (bytes.length !== KEY_BYTES) {
    return `the key has ${bytes.length} bytes in place of 32; make one with: openssl rand -base64 32`;
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    return 'the key is not random; make one with: openssl rand -base64 32';
  }
  return { id, bytes };
}

function clash(key: MasterKey, others: readonly MasterKey[]): string | null {
  if (others.some(({ id }) => id === key.id)) return 'another entry has this id';
  const text = toBase64url(key.bytes);
  if (others.some(({ bytes }) => toBase64url(bytes) === text)) return 'another entry has this key';
  return null;
}
