/** Files of an agent's folder, as the API hands them out. */
import { type ReadRefusal, sha256Hex } from '@tinyfat/core';
import { type Refusal, refuse } from '../answer.ts';

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

/** The strong entity tag of some bytes (RFC 9110 section 8.8.3). */
export async function entityTag(bytes: Uint8Array): Promise<string> {
  return `"${(await sha256Hex(bytes)).slice(0, 32)}"`;
}
