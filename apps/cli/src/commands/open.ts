/** Opens the data folder for one command and closes it behind it. */

import { renderError } from '@tinyfat/core';
import { type Agent, findAgent } from '@tinyfat/database';
import type { Config } from '../config.ts';
import { type DataFolder, openDataFolder } from '../data-folder.ts';

/** Runs `use` on the open folder. Works beside a running server. */
export async function withData(config: Config, use: (data: DataFolder) => Promise<number>): Promise<number> {
  const data = await openDataFolder(config.dataDir);
  try {
    return await use(data);
  } finally {
    await data.close();
  }
}

/** The named agent, or null after saying that there is none. */
export async function namedAgent(data: DataFolder, name: string): Promise<Agent | null> {
  const agent = await findAgent(data.db, name.toLowerCase());
  if (agent) return agent;
  console.error(`tinyfat: ${renderError('agent_unknown', `Asked for: ${name}.`)}`);
  return null;
}
