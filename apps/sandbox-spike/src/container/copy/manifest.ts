/**
 * What lies in the folder, as find(1) in the container says: a list of fields that end with a NUL, so that no name can look
 * like another field. The container is not trusted: every field is checked, and what is held is bounded by who asks.
 */
import { copyFault } from './run-program.ts';

/** For `find … -printf`: path, kind, what no process of the agent can set back, mode in octal, target of a link. */
export const MANIFEST_FORMAT = '%p\\0%y\\0%i %C@\\0%s\\0%m\\0%l\\0';
const FIELDS = 6;
const MAX_FIELD_BYTES = 8192;

/** One thing in the folder. `path` is relative; null where it is not UTF-8. */
export interface Found {
  path: string | null;
  /** As find says: f, d, l and others. */
  kind: string;
  /** Inode, time of change and size: another one where the content may be another. */
  state: string;
  size: number;
  mode: number;
  /** Null where it is not UTF-8. */
  target: string | null;
}

/** The things of a manifest, without the folder itself. Throws a `StorageError` where it is none. */
export async function* readManifest(output: AsyncIterable<Uint8Array>): AsyncGenerator<Found> {
  let fields: Uint8Array[] = [];
  for await (const field of fieldsOf(output)) {
    fields.push(field);
    if (fields.length < FIELDS) continue;
    const found = foundIn(fields);
    fields = [];
    if (found !== null) yield found;
  }
  if (fields.length > 0) throw none();
}

async function* fieldsOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array();
  for await (const piece of output) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    let from = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
      if (end - from > MAX_FIELD_BYTES) throw none();
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    rest = bytes.slice(from);
    if (rest.length > MAX_FIELD_BYTES) throw none();
  }
  if (rest.length > 0) throw none();
}

/** Null for the folder itself. */
function foundIn(fields: readonly Uint8Array[]): Found | null {
  const [path = null, kind, change, size, mode, target = null] = fields.map(utf8);
  if (path === '.') return null;
  if (path !== null && !path.startsWith('./')) throw none();
  if (!kind || kind.length > 1 || !/^\d{1,20} \d{1,20}\.\d{1,20}$/.test(change ?? '')) throw none();
  if (!/^\d{1,15}$/.test(size ?? '') || !/^[0-7]{1,5}$/.test(mode ?? '')) throw none();
  return {
    path: path === null ? null : path.slice(2),
    kind,
    state: `${change} ${size}`,
    size: Number(size),
    mode: Number.parseInt(mode ?? '', 8),
    target,
  };
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function none() {
  return copyFault('the list of files is none');
}
