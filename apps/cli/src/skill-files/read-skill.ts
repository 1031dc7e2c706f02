/** A skill as a person names it: a folder, or a zip archive. */
import { statSync } from 'node:fs';
import { type CollectedSkill, readSkillHead, SkillRefused } from '@tinyfat/platform';
import { readFolder } from './read-folder.ts';
import { readZip } from './read-zip.ts';

/** A skill as it was read. */
export interface Skill extends CollectedSkill {
  name: string;
}

/** Reads it; its name is that in its SKILL.md, else of its folder or archive. Never rejects for what is there. */
export async function readSkill(
  path: string,
): Promise<{ ok: true; skill: Skill } | { ok: false; reason: string }> {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return { ok: false, reason: `There is no ${path}.` };
    const skill = stats.isDirectory() ? readFolder(path) : await readZip(path);
    const about = skill.files.find((file) => file.path === 'SKILL.md');
    const head = await readSkillHead(about?.bytes ?? new Uint8Array());
    return head.ok ? { ok: true, skill: { ...skill, name: head.name ?? skill.name } } : head;
  } catch (error) {
    if (error instanceof SkillRefused) return { ok: false, reason: error.message };
    if (error instanceof Error && 'syscall' in error && 'code' in error) {
      return { ok: false, reason: `${path} can not be read (${error.code}).` };
    }
    throw error;
  }
}
