/** A skill from a zip archive of this machine. */
import { basename } from 'node:path';
import { openSkillArchive } from '@tinyfat/platform';
import { readPlainFile } from './read-file.ts';
import type { Skill } from './read-skill.ts';

const MAX_ARCHIVE_BYTES = 32 * 1024 * 1024;

/**
 * Reads all files of an archive but hidden ones; its name is that of the one folder in it, else of the archive. Throws
 * SkillRefused for anything that a skill may not have.
 */
export async function readZip(file: string): Promise<Skill> {
  const { bytes } = readPlainFile(file, basename(file), MAX_ARCHIVE_BYTES, true);
  const { top, ...found } = await openSkillArchive(bytes).read();
  return { ...found, name: top ?? basename(file).replace(/\.zip$/i, '') };
}
