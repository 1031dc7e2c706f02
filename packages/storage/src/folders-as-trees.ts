/** Agents' folders as a whole over any store of them, by its port alone: of what a store has no way to tell, nothing is kept. */
import type { AgentFolders, FolderTrees, Planted, TreeEntry } from '@tinyfat/core';
import { splitPath } from './names.ts';

/** The port reads at most so many entries of a folder. */
const MAX_NAMES = 20_000;
/** `write` takes a file as a whole. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Links are left out and files that are too large to be held; each is named. Times of change become those of the copy. */
export function foldersAsTrees(folders: AgentFolders): FolderTrees {
  async function* below(agentId: string, folder: string): AsyncGenerator<TreeEntry> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = await folders.list(agentId, folder, MAX_NAMES);
    if (entries.length >= MAX_NAMES) yield leftOut(`${prefix}…`, `a folder has more than ${MAX_NAMES} entries`);
    for (const { name, kind, modifiedAt, executable } of entries) {
      const path = `${prefix}${name}`;
      if (splitPath(path) === null) yield leftOut(path, 'its name can not be used, or it lies too deep');
      else if (kind === 'other') yield leftOut(path, 'it is neither a file nor a folder');
      else if (kind === 'folder') {
        yield { kind, path, modifiedAt };
        yield* below(agentId, path);
      } else {
        const opened = await folders.stream(agentId, path, MAX_FILE_BYTES);
        if (opened.ok) yield { kind, path, modifiedAt, executable, size: opened.size, stream: opened.stream };
        else if (opened.reason !== 'missing') yield leftOut(path, opened.detail);
      }
    }
  }

  return {
    async *readTree(agentId) {
      try {
        yield* below(agentId, '');
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      }
    },
    writeTree(agentId) {
      const made = folders.create(agentId, {});
      const taken = new Set<string>();
      const refusalOf = (path: string): Planted => {
        if (splitPath(path) === null) return { ok: false, reason: 'is no path below the folder' };
        if (taken.has(path)) return { ok: false, reason: 'is there twice' };
        taken.add(path);
        return { ok: true };
      };
      return {
        // A store makes the folders above what is written; an empty one is not missed.
        folder: async (path) => (splitPath(path) === null ? { ok: false, reason: 'is no path below the folder' } : { ok: true }),
        async file(path, bytes, { executable, size }) {
          const refusal = size > MAX_FILE_BYTES ? { ok: false as const, reason: 'is too large' } : refusalOf(path);
          const whole = new Uint8Array(refusal.ok ? size : 0);
          let at = 0;
          for await (const piece of bytes) {
            if (refusal.ok) whole.set(piece, at);
            at += piece.length;
          }
          if (!refusal.ok) return refusal;
          await made;
          await folders.write(agentId, path, whole, { executable });
          return refusal;
        },
        link: async (path) => {
          const refusal = refusalOf(path);
          return refusal.ok ? { ok: true, leftOut: 'it is a link, which this storage does not hold' } : refusal;
        },
        close: () => void made.catch(() => undefined),
      };
    },
  };
}

function leftOut(path: string, why: string): TreeEntry {
  return { kind: 'left_out', path, why };
}
