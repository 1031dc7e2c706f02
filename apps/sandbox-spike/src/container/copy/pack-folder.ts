/**
 * Puts the objects of a folder in an order in which tar(1) can unpack them, whatever they are: first folders and files, none
 * of them behind a file, then links, none of them in the place of a folder or behind another link. So no path of the archive
 * leads through a link.
 */
import type { Stored } from '@tinyfat/storage/copy';
import type { TarHeader } from '@tinyfat/storage/tar';
import type { Fetched } from './fetch-objects.ts';
import type { Packed } from './tar-stream.ts';

/** The agent's numbers in the image. */
const AGENT = 1000;
/** Links are held to the end; what is more than this is left out, and stays in the bucket. */
const MAX_LINKS_BYTES = 4 * 1024 * 1024;

type Link = Extract<Fetched, { kind: 'link' }>;

/** Called with each thing that is among the entries, with a slash behind the path of a folder. */
type Taken = (path: string, stored: Stored) => void;

/** The entries of the objects, and those of `folders` that are missing, as of `now`, epoch ms. */
export async function* packFolder(
  objects: AsyncIterable<Fetched>,
  { folders, now, taken }: { folders: readonly string[]; now: number; taken: Taken },
): AsyncGenerator<Packed> {
  const tree = emptyTree();
  const links: Link[] = [];
  let bytes = 0;
  for await (const object of objects) {
    const { path, stored } = object;
    if (object.kind === 'link') {
      bytes += path.length + object.target.length;
      if (bytes <= MAX_LINKS_BYTES) links.push(object);
    } else if (object.kind === 'folder') {
      if (!tree.addFolder(path)) continue;
      yield { header: headerOf(object, 'folder') };
      taken(`${path}/`, stored);
    } else {
      if (!tree.add(path)) {
        await skip(object.content);
        continue;
      }
      const header = { ...headerOf(object, 'file'), size: object.size };
      yield { header: { ...header, mode: stored.executable ? 0o755 : 0o644 }, content: object.content };
      taken(path, stored);
    }
  }
  for (const path of folders) {
    if (tree.addFolder(path)) yield { header: headerOf({ path, modifiedAt: now }, 'folder') };
  }
  for (const link of links) {
    const target = targetOf(link);
    if (target === null || !tree.add(link.path)) continue;
    yield { header: { ...headerOf(link, 'link'), target } };
    taken(link.path, link.stored);
  }
}

function headerOf(
  { path, modifiedAt }: { path: string; modifiedAt: number },
  type: 'file' | 'folder' | 'link',
): TarHeader {
  return {
    type,
    path: type === 'folder' ? `./${path}/` : `./${path}`,
    size: 0,
    mode: 0o755,
    mtime: modifiedAt / 1000,
    target: '',
    owner: AGENT,
  };
}

/** Null where it leads nowhere that a link can. */
function targetOf({ target }: Link): string | null {
  try {
    const decoded = decodeURIComponent(target);
    return decoded === '' || decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}

async function skip(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  if (!(content instanceof Uint8Array)) await content[Symbol.asyncIterator]().return?.();
}

/** Which paths are taken, and by what; each call says whether there is room. */
function emptyTree() {
  const folders = new Set<string>();
  const others = new Set<string>();
  const aboveOf = (path: string) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
  const makeAbove = (path: string): boolean => {
    const above = aboveOf(path);
    if (above.some((folder) => others.has(folder))) return false;
    for (const folder of above) folders.add(folder);
    return true;
  };
  return {
    addFolder(path: string): boolean {
      if (others.has(path) || !makeAbove(path)) return false;
      folders.add(path);
      return true;
    },
    /** A file or a link. */
    add(path: string): boolean {
      if (folders.has(path) || others.has(path) || !makeAbove(path)) return false;
      others.add(path);
      return true;
    },
  };
}
