import type { ByteStream } from './agent-folders.ts';

/**
 * One entry of a folder that is copied whole; `path` is relative with `/` between names, `modifiedAt` epoch ms. A file's
 * stream must be read to its end or cancelled.
 */
export type TreeEntry =
  | { kind: 'folder'; path: string; modifiedAt: number }
  | ({ kind: 'file'; path: string; modifiedAt: number; executable: boolean } & ByteStream)
  | { kind: 'link'; path: string; modifiedAt: number; target: string }
  /** It is not read; `why` is a sentence without its name. */
  | { kind: 'left_out'; path: string; why: string };

/** What one entry came to; `reason` and `leftOut` are sentence parts. `leftOut`: the store can not hold it. */
export type Planted = { ok: true; leftOut?: string } | { ok: false; reason: string };

/** Where entries of one folder go. They may be a stranger's: none reaches outside, and none takes the place of another. */
export interface TreeWriter {
  folder(path: string): Promise<Planted>;
  /** Reads `bytes` to their end, also where it refuses. */
  file(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    more: { executable: boolean; modifiedAt: number; size: number },
  ): Promise<Planted>;
  link(path: string, target: string): Promise<Planted>;
  close(): void;
}

/** Agents' folders as a whole: for archives. What is in them was possibly written by an agent; no link is followed. */
export interface FolderTrees {
  /** All that is in the folder, each folder before what is in it; nothing where there is no folder. */
  readTree(agentId: string): AsyncGenerator<TreeEntry>;
  /** Takes entries into the folder, which is made where it is missing. Durable after `AgentFolders.create`. */
  writeTree(agentId: string): TreeWriter;
}
