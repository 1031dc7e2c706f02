/** The folders that a turn needs. The agent can have put a link, a pipe or a file in the place of any of them. */
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['skills', 'sessions', 'outbox', 'outbox/email', 'outbox/sent', 'outbox/failed', 'events'];

/**
 * Makes each folder that is missing, and moves what stands in the place of one aside. Gives a sentence for each of
 * those; nothing is removed, and no link is followed. Never throws.
 */
export function mendFolders(dataFolder: string, now: Date): string[] {
  const notes: string[] = [];
  for (const folder of FOLDERS) {
    const path = join(dataFolder, folder);
    const aside = `${folder}.in-the-way-${now.getTime()}`;
    try {
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory()) continue;
      if (stats !== undefined) {
        renameSync(path, join(dataFolder, aside));
        const what = stats.isSymbolicLink() ? 'a link' : 'no folder';
        notes.push(
          `/data/${folder} was ${what}; it lies in /data/${aside} now, and an empty folder in its place.`,
        );
      }
      mkdirSync(path);
    } catch {
      notes.push(`/data/${folder} is no folder that can be used.`);
    }
  }
  return notes;
}
