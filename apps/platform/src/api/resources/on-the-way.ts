import type { FolderEntry } from '@tinyfat/core';
import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';

/** What lies at a path; undefined for nothing. Found by its name, however full the folder is. */
export async function entryAt(
  { folders }: Pick<ApiDeps, 'folders'>,
  agentId: string,
  path: string,
): Promise<FolderEntry | undefined> {
  const above = path.split('/');
  const own = above.pop() ?? '';
  const names = { from: own, only: (name: string) => name === own };
  const [entry] = await folders.list(agentId, above.join('/'), 1, names);
  return entry;
}

/** Whether something on the way to a path of an agent's folder is no folder, or the path itself is one. */
export async function onTheWay(
  deps: Pick<ApiDeps, 'folders'>,
  agentId: string,
  path: string,
): Promise<Refusal | null> {
  const parts = path.split('/');
  for (let depth = 0; depth < parts.length; depth++) {
    const entry = await entryAt(deps, agentId, parts.slice(0, depth + 1).join('/'));
    if (!entry) return null;
    const isLast = depth === parts.length - 1;
    if (isLast ? entry.kind === 'folder' : entry.kind !== 'folder') {
      const what = isLast ? 'a folder' : 'no folder';
      return refuse('conflict', `${parts.slice(0, depth + 1).join('/')} is ${what} in the agent's files.`);
    }
  }
  return null;
}
