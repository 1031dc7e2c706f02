import { type Refusal, refuse } from '../answer.ts';
import type { ApiDeps } from '../deps.ts';

/** Whether something on the way to a path of an agent's folder is no folder, or the path itself is one. */
export async function onTheWay(
  deps: Pick<ApiDeps, 'folders'>,
  agentId: string,
  path: string,
): Promise<Refusal | null> {
  const parts = path.split('/');
  for (let depth = 0; depth < parts.length; depth++) {
    const entries = await deps.folders.list(agentId, parts.slice(0, depth).join('/'), 10_000);
    const entry = entries.find(({ name }) => name === parts[depth]);
    if (!entry) return null;
    const isLast = depth === parts.length - 1;
    if (isLast ? entry.kind === 'folder' : entry.kind !== 'folder') {
      const what = isLast ? 'a folder' : 'no folder';
      return refuse('conflict', `${parts.slice(0, depth + 1).join('/')} is ${what} in the agent's files.`);
    }
  }
  return null;
}
