/** The settings in an agent's config.json. The agent can write it, too: it is read as foreign text. */
import {
  type AgentConfig,
  changeAgentConfig,
  errorCode,
  parseAgentConfig,
  type ReadRefusal,
  versionTag,
} from '@tinyfat/core';
import { editFiles } from '@tinyfat/database';
import type { ApiDeps } from '../deps.ts';

const MAX_CONFIG_BYTES = 64_000;

/** The settings in force, and what is odd about the file. */
export async function readAgentConfig(
  { folders }: Pick<ApiDeps, 'folders'>,
  agentId: string,
): Promise<{ config: AgentConfig; text: string | null; warnings: string[] }> {
  const file = await folders.read(agentId, 'config.json', MAX_CONFIG_BYTES).catch(noFolder);
  const text = file.ok ? new TextDecoder().decode(file.bytes) : null;
  const { config, warnings } = parseAgentConfig(text);
  if (!file.ok && file.reason !== 'missing') warnings.push(`config.json: ${file.detail}`);
  return { config, text, warnings };
}

/** An agent whose folder somebody took away is shown and deleted all the same. */
function noFolder(error: unknown): ReadRefusal {
  if (errorCode(error) !== 'ENOENT') throw error;
  return { ok: false, reason: 'not_a_file', detail: 'the folder of the agent is not there' };
}

/** Names the text of config.json: another text has another one, and so has a file that is not there. */
export async function configTag(text: string | null): Promise<string> {
  return text === null ? 'none' : await versionTag(new TextEncoder().encode(text));
}

/**
 * Changes settings; what else is in the file stays. False, and nothing is written, where the file is not that of `expected`,
 * a `configTag`; null stands for whatever there is.
 */
export async function writeAgentConfig(
  deps: Pick<ApiDeps, 'db' | 'folders'>,
  agentId: string,
  change: Parameters<typeof changeAgentConfig>[1],
  expected: string | null,
): Promise<boolean> {
  return await editFiles(deps.db, agentId, async () => {
    const { text } = await readAgentConfig(deps, agentId);
    if (expected !== null && expected !== (await configTag(text))) return false;
    await deps.folders.write(agentId, 'config.json', changeAgentConfig(text, change));
    return true;
  });
}
