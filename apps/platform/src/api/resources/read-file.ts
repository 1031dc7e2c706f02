/** Files of an agent's folder, as the API hands them out. */
import {
  type ByteReservation,
  type ReadOutcome,
  type ReadRefusal,
  readBody,
  versionTag,
} from '@tinyfat/core';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';

/** Why a file is not given. */
export function fileRefusal({ reason, detail }: ReadRefusal): Refusal {
  switch (reason) {
    case 'missing':
      return refuse('not_found');
    case 'bad_path':
      return refuse(
        'invalid_request',
        'The path must stay below the folder: no empty parts, no "." or "..".',
      );
    case 'not_a_file':
    case 'hard_linked':
    case 'too_large':
      return refuse('conflict', `${detail}.`);
  }
}

/**
 * A whole file of an agent's folder; its bytes are reserved in `reservation` before they are read. Null where the budget has not so
 * many left. A file that is only passed on is streamed instead.
 */
export async function readCounted(
  { folders }: Pick<ApiDeps, 'folders'>,
  reservation: ByteReservation,
  agentId: string,
  path: string,
  maxBytes: number,
): Promise<ReadOutcome | null> {
  const file = await folders.stream(agentId, path, maxBytes);
  if (!file.ok) return file;
  if (!reservation.take(file.size)) {
    await file.stream.cancel();
    return null;
  }
  const read = await readBody(file.stream, { maxBytes: file.size });
  if (read.ok) return read;
  throw read.why === 'broken' ? read.error : new Error(`${path} has more bytes than it had`);
}

/** The refusal where the byte budget is exhausted. */
export function busy(): Refusal {
  return refuse('server_busy', undefined, { 'retry-after': '5' });
}

/** The strong entity tag of some bytes (RFC 9110 section 8.8.3). */
export async function entityTag(bytes: Uint8Array): Promise<string> {
  return `"${await versionTag(bytes)}"`;
}
