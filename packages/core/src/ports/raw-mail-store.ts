import type { ByteStream } from './agent-folders.ts';

/** Raw messages, in and out. Durable (fsync) before `put` resolves. Keys are opaque, safe file names. */
export interface RawMailStore {
  put(key: string, raw: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  /** The same bytes, a piece at a time. */
  stream(key: string): Promise<ByteStream>;
  /** Takes bytes away that no row names; a missing one is no error. */
  remove(key: string): Promise<void>;
  /**
   * Removes what a crash left behind, a few messages at a time; ends early, without an error, when `signal` is aborted.
   * Resolves to how many messages were looked at, and how many of them no row names.
   */
  sweep(rule: RawMailSweep, signal: AbortSignal): Promise<{ seen: number; unnamed: number }>;
}

/** Which messages are left over. Times are epoch ms. */
export interface RawMailSweep {
  /** An unfinished `put` is removed that nothing was written to since. */
  unfinishedBefore: number;
  /** A message is removed that was put before, if no row names it; later ones may be about to get their row. */
  unnamedBefore: number;
  /** With more messages that no row names, none of them is removed: the database is not the one that they belong to. */
  mostUnnamed: number;
  /** Those of some keys that a row names; also asked about each message right before it is removed. */
  named(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Called with each message that was removed. */
  onRemoved(removed: { key: string; kind: 'unfinished' | 'unnamed'; bytes: number }): void;
}
