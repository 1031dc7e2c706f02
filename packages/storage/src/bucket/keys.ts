/** Keys of objects, made of checked names only: `{root}agents/{id}/{path}` and `{root}raw-mail/{its end}/{key}.eml`, as on a disk. */
import { agentFolderName, rawMailKey, splitPath } from '../names.ts';

/** S3's limit for a key. */
const MAX_KEY_BYTES = 1024;
const utf8 = new TextEncoder();

/** Where all that belongs to an agent lies, with a slash at its end. Throws where the id is none. */
export function agentPrefix(root: string, agentId: string): string {
  return `${root}agents/${agentFolderName(agentId)}/`;
}

/** Where raw messages lie. */
export function rawMailPrefix(root: string): string {
  return `${root}raw-mail/`;
}

/** The key of a message. Throws where it could name something else. */
export function rawMailObject(root: string, key: string): string {
  return `${rawMailPrefix(root)}${rawMailKey(key).slice(-2)}/${key}.eml`;
}

/**
 * The key of a path below a prefix; null where the path does not stay below it, or is none that S3 can hold: longer than
 * 1024 bytes in all, or with control characters, which its XML can't say.
 */
export function keyBelow(prefix: string, path: string): string | null {
  if (!splitPath(path) || /[\x00-\x1f\x7f\ufffe\uffff]/.test(path) || !path.isWellFormed()) return null;
  const key = `${prefix}${path}`;
  // A slash behind it, for the folder of that name.
  return utf8.encode(key).length < MAX_KEY_BYTES ? key : null;
}

/** The path of a key below a prefix, and whether it is the mark of a folder; null for the prefix itself and strange keys. */
export function pathBelow(prefix: string, key: string): { path: string; isFolder: boolean } | null {
  const isFolder = key.endsWith('/');
  const path = key.slice(prefix.length, isFolder ? -1 : undefined);
  return key.startsWith(prefix) && keyBelow(prefix, path) !== null ? { path, isFolder } : null;
}
