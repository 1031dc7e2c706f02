/** Attachments of outbox mail: bytes given as base64, or a file below the agent's folder. */
import { fromBase64 } from '../bytes/base64.ts';

/** An attachment that passed the schema; `path` is relative to the agent's folder, as AgentFolders wants it. */
export type OutboxAttachment =
  | { filename: string; source: 'content'; content: Uint8Array<ArrayBuffer> }
  | { filename: string; source: 'path'; path: string };

/** All attachments of one mail together, bytes: with base64 and headers this stays below the usual 25 MB. */
export const MAX_ATTACHMENTS_BYTES = 17_000_000;

const MAX_PATH_LENGTH = 1000;
const MAX_FILENAME_LENGTH = 200;
const UNSAFE_IN_NAME = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/u;

/** Reads one attachment; `reason` goes on after the name of the key that it stands in. */
export function parseAttachment(
  value: unknown,
): { ok: true; attachment: OutboxAttachment } | { ok: false; reason: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(' must be an object with "filename" and "content", or with "path".');
  }
  const { filename, content, path }: { filename?: unknown; content?: unknown; path?: unknown } = value;
  const hasContent = content !== undefined && content !== null;
  const hasPath = path !== undefined && path !== null;
  if (hasContent === hasPath) {
    return refuse(
      ' must have either "content" (base64) or "path" (a file below /data), not both and not neither.',
    );
  }
  const below = hasPath ? pathBelowData(path) : null;
  if (hasPath && below === null) {
    return refuse(
      '.path must name a file below /data, such as "report.pdf" or "/data/report.pdf", without "..".',
    );
  }
  const name = filename ?? below?.slice(below.lastIndexOf('/') + 1);
  if (typeof name !== 'string' || !isFileName(name)) {
    return refuse(
      '.filename must be a plain file name of 1 to 200 characters, without folders or control characters.',
    );
  }
  if (below !== null) return { ok: true, attachment: { filename: name, source: 'path', path: below } };
  const bytes = typeof content === 'string' ? decodeBase64(content) : null;
  if (bytes === null) {
    return refuse(
      '.content is not valid base64. Encode the bytes of the file, or give "path" instead of "content".',
    );
  }
  return { ok: true, attachment: { filename: name, source: 'content', content: bytes } };
}

/**
 * A path as the agent sees it (`/data/x`, `x`, `./x`) made relative to its folder; null for anything that
 * isn't plainly below it. Only the text is judged; the opener of the file checks for links.
 */
export function pathBelowData(path: unknown): string | null {
  if (typeof path !== 'string' || path.length > MAX_PATH_LENGTH || !path.isWellFormed()) return null;
  if (/\p{Cc}/u.test(path) || path.endsWith('/')) return null;
  const relative = path.startsWith('/data/') ? path.slice('/data/'.length) : path;
  if (relative.startsWith('/') && !path.startsWith('/data/')) return null;
  const parts = relative.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') || relative.endsWith('/.') ? null : parts.join('/');
}

function isFileName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_FILENAME_LENGTH &&
    name.trim() !== '' &&
    !/^\.\.?$/.test(name) &&
    !UNSAFE_IN_NAME.test(name) &&
    name.isWellFormed()
  );
}

/** RFC 4648 section 4, padded; line breaks, which `base64` writes after 76 characters, are no part of it. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length > MAX_ATTACHMENTS_BYTES * 1.5) return null;
  const compact = text.replace(/[\r\n]+/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return null;
  return fromBase64(compact);
}

function refuse(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
