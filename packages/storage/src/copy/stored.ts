/** What a copy of an agent's folder knows of each object that it brought in, so that only what was changed is sent back. */
import { type OpenedObject, SUM } from '../bucket/bucket.ts';
import { isProgram } from '../bucket/program-mode.ts';

/** One object that was copied in. */
export interface Stored {
  etag: string;
  /** The SHA-256 of its content in hex, where the storage has it. */
  sha256: string | null;
  executable: boolean;
}

/** What is known of an object that was opened. */
export function storedOf({ etag, meta }: OpenedObject): Stored {
  return { etag, sha256: meta[SUM] ?? null, executable: isProgram(meta) };
}
