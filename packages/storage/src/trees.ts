/** An agent's folder as a whole: read for an archive, and made anew out of one. */
import type { ByteStream } from '@tinyfat/core';

/** One entry; `path` is relative with `/` between names. A file's stream must be read to its end or cancelled. */
export type TreeEntry =
  | { kind: 'folder'; path: string; modifiedAt: number }
  /** `linked`: it has another name as well, which may lie elsewhere (a hard link). */
  | ({ kind: 'file'; path: string; modifiedAt: number; executable: boolean; linked?: true } & ByteStream)
  | { kind: 'link'; path: string; modifiedAt: number; target: string }
  /** It is not read; `why` is a sentence without its name. */
  | { kind: 'left_out'; path: string; why: string };

/** What one entry came to: `reason` is a sentence part behind its path. */
export type Planted = { ok: true } | { ok: false; reason: string };

/** Where entries of one folder go. */
export interface TreeWriter {
  folder(path: string): Promise<Planted>;
  /** Reads `bytes` to their end, also where it refuses. */
  file(
    path: string,
    bytes: AsyncIterable<Uint8Array>,
    more: { executable: boolean; modifiedAt: number },
  ): Promise<Planted>;
  link(path: string, target: string): Promise<Planted>;
  close(): void;
}

/** Folders that can be copied whole. */
export interface FolderTrees {
  /** All that is in the folder; nothing where there is no folder. */
  readTree(agentId: string): AsyncGenerator<TreeEntry>;
  /** Takes entries of an archive into the folder, which is made where it is missing. Durable after `create`. */
  writeTree(agentId: string): TreeWriter;
}
