/** Why a file that an agent wrote was not opened; `detail` is a sentence for the owner. */
export type ReadRefusal = {
  ok: false;
  reason: 'missing' | 'not_a_file' | 'bad_path' | 'too_large' | 'hard_linked';
  detail: string;
};
export type ReadOutcome = { ok: true; bytes: Uint8Array } | ReadRefusal;

/** An open file of `size` bytes: the reader must read the stream to its end or cancel it. */
export interface ByteStream {
  size: number;
  stream: ReadableStream<Uint8Array>;
}
export type StreamOutcome = ({ ok: true } & ByteStream) | ReadRefusal;

/** One entry of an agent's folder; sizes in bytes, times in epoch ms. */
export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  size: number;
  modifiedAt: number;
  /** A file that its owner may run as a program. */
  executable: boolean;
}

/** Which names of a folder are listed; all where nothing is said. */
export interface ListedNames {
  /** None that comes before this one. */
  from?: string;
  /** Only those of which this is true; asked of every name, so it has to be quick. */
  only?(name: string): boolean;
  /** The last ones rather than the first, where there are more than are given. */
  last?: boolean;
}

/**
 * An agent's folder (DESIGN section 5). Everything in it was possibly written by the agent, so no method
 * follows a link, and every path is relative, `/`-separated, without `.`, `..` or empty parts.
 */
export interface AgentFolders {
  /** Makes the folder with its sub-folders and the given first files; leaves existing files alone. */
  create(agentId: string, files: Record<string, string>): Promise<void>;
  /** Removes the folder for good. */
  remove(agentId: string): Promise<void>;
  /**
   * Entries of a sub-folder sorted by name (UTF-16), at most `limit`; a missing folder is empty. Of a folder that an agent has
   * filled with more than 200,000 entries on a disk, or 20,000 behind `from` in a bucket, the others are not looked at. A name
   * that is not UTF-8 stands with U+FFFD in it, as kind `other`.
   */
  list(agentId: string, folder: string, limit: number, names?: ListedNames): Promise<FolderEntry[]>;
  /** Reads a regular file of at most `maxBytes`. */
  read(agentId: string, path: string, maxBytes: number): Promise<ReadOutcome>;
  /** The same, a piece at a time. */
  stream(agentId: string, path: string, maxBytes: number): Promise<StreamOutcome>;
  /** Bytes of a regular file that grows: from `offset` on, at most `maxBytes`; none past its end. */
  readFrom(agentId: string, path: string, offset: number, maxBytes: number): Promise<ReadOutcome>;
  /**
   * Replaces a file atomically and durably; makes the folders above it. A folder in its place is moved aside, to the same
   * name with `.in-the-way-` and an id behind it. `executable`: it may be run as a program; false when absent.
   */
  write(
    agentId: string,
    path: string,
    bytes: Uint8Array | string,
    mode?: { executable: boolean },
  ): Promise<void>;
  /**
   * Renames inside the folder; a destination that exists is replaced, but for a folder with something in it; a link is
   * moved, not followed. Rejects with the `code` ENOENT where there is nothing to move.
   */
  move(agentId: string, from: string, to: string): Promise<void>;
  /**
   * Takes the content of a folder away by one rename, however much it is: renames `folder` to `to`, makes it anew, and
   * moves the entries of these names back. Where `to` exists already, a call before was cut off and is gone on with.
   */
  setAside(agentId: string, folder: string, to: string, names: Iterable<string>): Promise<void>;
  /** Removes one file (or link); a missing one is no error. */
  unlink(agentId: string, path: string): Promise<void>;
  /**
   * Removes a folder with all that is in it, or a file or link of that name; a missing one is no error. False when it
   * is too deep or too full to be removed whole; what was removed by then is gone.
   */
  removeFolder(agentId: string, path: string): Promise<boolean>;
}
