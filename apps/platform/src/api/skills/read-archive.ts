/**
 * A skill from a zip archive, which anybody may have made. Only plain files are taken, few bytes of them, under names that a
 * skill may have; nothing is written anywhere.
 */
import { openZip, type ZipEntry } from '@tinyfat/storage/zip';
import {
  type CollectedSkill,
  checkAmount,
  checkPaths,
  isLeftOut,
  MAX_SKILL_ENTRIES,
  SkillRefused,
} from './collect.ts';

/** `top` is the name of the one folder that the skill lies in; null where it is in none. */
export type ArchivedSkill = CollectedSkill & { top: string | null };

/** A skill of which only the directory of its archive was read. */
export interface OpenedArchive {
  /** Bytes that its files will have in memory. */
  size: number;
  /** Reads them. Throws SkillRefused where one is damaged. */
  read(): Promise<ArchivedSkill>;
}

/** Checks an archive by its directory; hidden files are left out. Throws SkillRefused for anything that a skill may not have. */
export function openSkillArchive(bytes: Uint8Array): OpenedArchive {
  const zip = openZip(bytes, MAX_SKILL_ENTRIES);
  if (!zip.ok) throw new SkillRefused(`The archive can not be used: ${zip.why}.`);
  zip.entries.forEach(refuseOtherThanFiles);
  const leftOut = zip.entries.filter(({ path }) => isLeftOut(path)).map(({ path }) => path);
  const wanted = zip.entries.filter(({ path }) => !isLeftOut(path) && !path.endsWith('/'));
  const size = wanted.reduce((sum, entry) => sum + entry.size, 0);
  checkAmount({ files: wanted.length, bytes: size });
  const top = topFolderOf(wanted.map(({ path }) => path));
  const pathOf = ({ path }: ZipEntry) => (top === null ? path : path.slice(top.length + 1));
  checkPaths(wanted.map(pathOf));
  return {
    size,
    async read() {
      const files = [];
      for (const entry of wanted) {
        const content = await entry.read();
        if (content === null) throw new SkillRefused(`${entry.path} is damaged.`);
        files.push({ path: pathOf(entry), bytes: content, executable: entry.executable });
      }
      return { top, files, leftOut };
    },
  };
}

/** Throws also for what would be left out: an archive with a link in it is not one of a skill. */
function refuseOtherThanFiles({ path, kind, obstacle }: ZipEntry): void {
  if (kind === 'link') throw new SkillRefused(`${path} is a link; only plain files are taken.`);
  if (kind === 'other') {
    throw new SkillRefused(`${path} is a pipe, socket or device; only plain files are taken.`);
  }
  if ((kind === 'folder') !== path.endsWith('/')) throw new SkillRefused(`${path} is a folder and a file.`);
  if (obstacle !== null) throw new SkillRefused(`${path} ${obstacle}.`);
}

/** Many archives hold one folder, and the skill in it; null where the skill is not in a folder. */
function topFolderOf(paths: readonly string[]): string | null {
  if (paths.includes('SKILL.md')) return null;
  const [top = ''] = (paths[0] ?? '').split('/');
  const isInIt = paths.includes(`${top}/SKILL.md`) && paths.every((path) => path.startsWith(`${top}/`));
  return isInIt ? top : null;
}
