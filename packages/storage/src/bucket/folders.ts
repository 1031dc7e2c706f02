/**
 * Agents' folders as objects below `{root}agents/{id}/`: a file is the object of its path, a folder an empty object whose
 * key ends with a slash. A program has its `mode` in its metadata, a link `link: …` with where it leads.
 * What S3 can't do at once is done so that a crash in the middle loses nothing: copied first, removed then.
 */
import type { AgentFolders, Clock, FolderEntry, ReadRefusal } from '@tinyfat/core';
import { agentSubfolders } from '../names.ts';
import { discard, inPieces, readAll, readSized } from './body.ts';
import { type Bucket, listAll, type ObjectPage, type OpenedObject } from './bucket.ts';
import { detailed } from './entries.ts';
import { inParallel } from './in-parallel.ts';
import { agentPrefix, keyBelow } from './keys.ts';
import { PROGRAM } from './program-mode.ts';
import { setAside } from './set-aside.ts';

/** More entries of a folder are not looked at. */
const MAX_NAMES = 20_000;
/** More objects are not moved. */
const MAX_MOVED = 20_000;
/** Objects that one call removes, a page at a time. */
const MAX_REMOVED = 100_000;

interface BucketFoldersOptions {
  bucket: Bucket;
  /** Before all keys; empty, or with a slash at its end. */
  root: string;
  clock: Clock;
}

/** The `AgentFolders` port over a bucket. Ids must be plain names; anything else throws. */
export function bucketFolders({ bucket, root, clock }: BucketFoldersOptions): AgentFolders {
  const keyOf = (agentId: string, path: string): string => {
    const key = keyBelow(agentPrefix(root, agentId), path);
    if (key === null) throw new Error(`not a path below an agent's folder: ${JSON.stringify(path)}`);
    return key;
  };
  const isEmpty = async (prefix: string) => {
    const { objects, prefixes } = await bucket.list({ prefix, most: 1 });
    return objects.length + prefixes.length === 0;
  };
  /** Rejects where the agent has no folder. */
  const mustExist = async (agentId: string) => {
    if (await isEmpty(agentPrefix(root, agentId)))
      throw Object.assign(new Error(`there is no folder of agent ${agentId}`), { code: 'ENOENT' });
  };
  /** Rejects where a file stands in the place of a folder above the path. */
  const mustHaveFolders = async (agentId: string, path: string) => {
    const parts = path.split('/').slice(0, -1);
    await inParallel(parts.keys(), async (index) => {
      const above = parts.slice(0, index + 1).join('/');
      if ((await bucket.head(keyOf(agentId, above))) !== null)
        throw new Error(`${path}: ${above} on the way is no folder`);
    });
  };

  const refusal = (reason: ReadRefusal['reason'], detail: string): ReadRefusal => ({
    ok: false,
    reason,
    detail,
  });
  const whyNot = async (agentId: string, path: string): Promise<ReadRefusal> => {
    if (!(await isEmpty(`${keyOf(agentId, path)}/`)))
      return refusal('not_a_file', `${path} is a folder; only regular files are read`);
    await mustExist(agentId);
    return refusal('missing', `${path} does not exist`);
  };
  const open = async (
    agentId: string,
    path: string,
    range?: { from: number; length: number },
  ): Promise<({ ok: true } & OpenedObject) | ReadRefusal> => {
    const key = keyBelow(agentPrefix(root, agentId), path);
    if (key === null) return refusal('bad_path', `${path} does not stay below /data`);
    const opened = await bucket.get(key, range);
    if (opened === null) return await whyNot(agentId, path);
    if (opened.meta.link === undefined) return { ok: true, ...opened };
    await discard(opened.body);
    return refusal('not_a_file', `${path} is a link; only regular files are read`);
  };
  const tooLarge = (path: string, size: number, maxBytes: number) =>
    refusal('too_large', `${path} has ${size} bytes; at most ${maxBytes} are read`);

  const removeBelow = async (prefix: string): Promise<boolean> => {
    for (let removed = 0; removed < MAX_REMOVED; ) {
      const { objects } = await bucket.list({ prefix });
      if (objects.length === 0) return true;
      await bucket.remove(objects.map(({ key }) => key));
      removed += objects.length;
    }
    return false;
  };
  const moveBelow = async (from: string, to: string): Promise<void> => {
    const objects = await listAll(bucket, from, MAX_MOVED);
    if (objects === null) throw new Error(`more than ${MAX_MOVED} files are not moved at once`);
    await inParallel(objects, async ({ key, etag }) => {
      if (!(await bucket.copy(key, `${to}${key.slice(from.length)}`, etag)))
        throw new Error(`${key} was changed while it was moved`);
    });
    await bucket.remove(objects.map(({ key }) => key));
  };

  const folders: AgentFolders = {
    async create(agentId, files) {
      const prefix = agentPrefix(root, agentId);
      const first = Object.entries(files).map(([name, text]) => ({ key: keyOf(agentId, name), text }));
      const marks = ['', ...agentSubfolders.map((folder) => `${folder}/`)];
      const objects = [...marks.map((mark) => ({ key: `${prefix}${mark}`, text: '' })), ...first];
      await inParallel(objects, async ({ key, text }) => {
        await bucket.put(key, text, { only: 'absent' });
      });
    },

    async remove(agentId) {
      while (!(await removeBelow(agentPrefix(root, agentId))));
    },

    async list(agentId, folder, limit, { from = '', only = () => true, last = false } = {}) {
      const prefix = folder === '' ? agentPrefix(root, agentId) : `${keyOf(agentId, folder)}/`;
      const begin = asciiBefore(from);
      const entries: FolderEntry[] = [];
      let seen = 0;
      for (let after: string | null = null; seen < MAX_NAMES; ) {
        const page: ObjectPage = await bucket.list({
          ...{ prefix, delimiter: '/', after },
          ...(begin === '' ? {} : { startAfter: `${prefix}${begin}` }),
        });
        const found = entriesOf(page, prefix);
        seen += found.length;
        entries.push(...found.filter(({ name }) => name >= from && only(name)));
        after = page.next;
        if (after === null) break;
      }
      if (seen === 0) await mustExist(agentId);
      entries.sort((a, b) => (a.name < b.name ? -1 : 1));
      const sorted = last ? entries.slice(Math.max(0, entries.length - limit)) : entries.slice(0, limit);
      return await detailed(bucket, prefix, sorted, {
        modes: folder.split('/')[0] === 'skills',
        now: clock(),
      });
    },

    async read(agentId, path, maxBytes) {
      const opened = await open(agentId, path);
      if (!opened.ok) return opened;
      const { size, body } = opened;
      if (size <= maxBytes) return { ok: true, bytes: await readSized(body, size) };
      await discard(body);
      return tooLarge(path, size, maxBytes);
    },

    async stream(agentId, path, maxBytes) {
      const opened = await open(agentId, path);
      if (!opened.ok) return opened;
      const { size, body } = opened;
      if (size <= maxBytes) return { ok: true, size, stream: inPieces(body, size) };
      await discard(body);
      return tooLarge(path, size, maxBytes);
    },

    async readFrom(agentId, path, offset, maxBytes) {
      const opened = await open(agentId, path, { from: offset, length: maxBytes });
      if (!opened.ok) return opened;
      const bytes = await readAll(opened.body, Math.max(maxBytes, 1));
      if (bytes === null) throw new Error('the storage gave more of a file than it was asked for');
      return { ok: true, bytes: bytes.subarray(0, maxBytes) };
    },

    async write(agentId, path, bytes, mode) {
      const key = keyOf(agentId, path);
      const [empty] = await Promise.all([
        isEmpty(`${key}/`),
        mustExist(agentId),
        mustHaveFolders(agentId, path),
      ]);
      if (!empty) {
        const stem = key.slice(0, key.lastIndexOf('/') + 1);
        const name = [...key.slice(stem.length)].slice(0, 40).join('');
        await moveBelow(`${key}/`, `${stem}${name}.in-the-way-${crypto.randomUUID()}/`);
      }
      await bucket.put(key, bytes, { meta: mode?.executable ? PROGRAM : {} });
    },

    async move(agentId, from, to) {
      const source = keyOf(agentId, from);
      const target = keyOf(agentId, to);
      const [file, inTheWay] = await Promise.all([
        bucket.head(source),
        bucket.list({ prefix: `${target}/`, most: 2 }),
        mustHaveFolders(agentId, to),
      ]);
      const isFull = inTheWay.objects.some(({ key }) => key !== `${target}/`);
      if (isFull || (file !== null && inTheWay.objects.length > 0))
        throw new Error(`${from} → ${to}: there is a folder in its place`);
      if (file !== null) {
        if (!(await bucket.copy(source, target, file.etag)))
          throw new Error(`${from} was changed while it was moved`);
        return await bucket.remove([source]);
      }
      if (await isEmpty(`${source}/`))
        throw Object.assign(new Error(`${from} does not exist`), { code: 'ENOENT' });
      if ((await bucket.head(target)) !== null)
        throw new Error(`${from} → ${to}: there is a file in its place`);
      await moveBelow(`${source}/`, `${target}/`);
    },

    async setAside(agentId, folder, to, names) {
      await mustHaveFolders(agentId, to);
      await setAside(bucket, `${keyOf(agentId, folder)}/`, `${keyOf(agentId, to)}/`, new Set(names));
    },

    unlink: async (agentId, path) => await bucket.remove([keyOf(agentId, path)]),

    async removeFolder(agentId, path) {
      const key = keyOf(agentId, path);
      await bucket.remove([key]);
      return await removeBelow(`${key}/`);
    },
  };
  return folders;
}

/**
 * A beginning of a name that comes before it, or is it, in the order of bytes as in that of UTF-16: the two differ beyond
 * ASCII. One letter shorter than it could be, since a bucket lists only what comes behind it.
 */
function asciiBefore(name: string): string {
  return (/^[\x20-\x7e]*/.exec(name)?.[0] ?? '').slice(0, -1);
}

/** What a page shows of a folder, but for the mark of the folder itself and names that are none. */
function entriesOf({ objects, prefixes }: ObjectPage, prefix: string): FolderEntry[] {
  const files = objects.map(({ key, size, modifiedAt }) => {
    const kind: FolderEntry['kind'] = 'file';
    return { name: key.slice(prefix.length), kind, size, modifiedAt, executable: false };
  });
  const below = prefixes.map((key) => {
    const kind: FolderEntry['kind'] = 'folder';
    return { name: key.slice(prefix.length, -1), kind, size: 0, modifiedAt: 0, executable: false };
  });
  return [...files, ...below].filter(({ name }) => keyBelow(prefix, name) !== null);
}
