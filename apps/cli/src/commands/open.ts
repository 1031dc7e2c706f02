/** Opens the data folder for one command and closes it behind it. */
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
