/** Names and paths that every store of agents' folders and raw mail accepts; without Node. */

/** Sub-folders that every agent has (DESIGN section 5). */
export const agentSubfolders = [
  'skills',
  'sessions',
  'outbox/email',
  'outbox/sent',
  'outbox/failed',
  'events',
] as const;

const MAX_DEPTH = 16;
/** Of a folder that is copied whole: what an agent installed for itself lies deeper than its mails. */
const MAX_TREE_DEPTH = 65;
const MAX_NAME_BYTES = 255;
const utf8 = new TextEncoder();

/** Splits a relative path into components; null when a component could leave the folder or is no file name. */
export function splitPath(path: string): string[] | null {
  return splitUpTo(path, MAX_DEPTH);
}

/** The same for a folder that is copied whole. */
export function splitTreePath(path: string): string[] | null {
  return splitUpTo(path, MAX_TREE_DEPTH);
}

function splitUpTo(path: string, depth: number): string[] | null {
  const parts = path.split('/');
  const safe = (part: string) =>
    !['', '.', '..'].includes(part) && !part.includes('\0') && utf8.encode(part).length <= MAX_NAME_BYTES;
  return parts.length <= depth && parts.every(safe) ? parts : null;
}

/** Gives the id back; throws where it could name something else than one agent's folder. */
export function agentFolderName(agentId: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(agentId))
    throw new Error(`not an agent id: ${JSON.stringify(agentId)}`);
  return agentId;
}

/** Gives the key back; throws where it could name something else than one message. */
export function rawMailKey(key: string): string {
  if (!/^[a-z0-9-]{4,80}$/.test(key)) throw new Error(`not a raw mail key: ${JSON.stringify(key)}`);
  return key;
}
