/** What became of mail that an agent wrote: rows as the owner sees them, and the files in its folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { until } from './eventually.ts';
import type { Tinyfat } from './tinyfat.ts';

/** Waits until the newest delivery, of this agent or of all, is in this state; gives its row. */
export async function newestDelivery(server: Tinyfat, state: string, agent?: string) {
  const words = ['outbox', 'list', ...(agent === undefined ? [] : [agent])];
  return await until(
    async () => (await server.json(words))[0],
    (newest) => newest?.state === state,
  );
}

/** Records of a folder of an agent, once there is one: a file is put in its place after the row is written. */
export async function outboxRecords(server: Tinyfat, folder: 'sent' | 'failed', agent = 'scout') {
  const shown = await server.json(['agent', 'show', agent]);
  const path = join(shown.folder, 'outbox', folder);
  return await vi.waitFor(
    () => {
      const names = readdirSync(path);
      expect(names).not.toEqual([]);
      return names.map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')));
    },
    { timeout: 60_000 },
  );
}
