/** Opens the data folder for one command and closes it behind it. */
import type { Config } from '@tinyfat/server/config';
import { type DataFolder, openDataFolder } from '@tinyfat/server/data-folder';

/** Runs `use` on the open folder. Works beside a running server. */
export async function withData(config: Config, use: (data: DataFolder) => Promise<number>): Promise<number> {
  const data = await openDataFolder(config.dataDir);
  try {
    return await use(data);
  } finally {
    await data.close();
  }
}
