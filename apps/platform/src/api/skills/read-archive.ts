/**
 * A skill from a zip archive, which anybody may have made. Only plain files are taken, few bytes of them, under names that a
 * skill may have; nothing is written anywhere.
 */
import { openZip, type ZipEntry } from '@tinyfat/storage/zip';
import {
  type CollectedSkill,
  checkPaths,
  isLeftOut,
  MAX_ENTRIES,
  type SkillFile,
  SkillFiles,
  SkillRefused,
} from './collect.ts';

/** `top` is the name of the one folder that the skill lies in; null where it is in none. */
export type ArchivedSkill = CollectedSkill & { top: string | null };

/** Reads all files of an archive but hidden ones. Throws SkillRefused for anything that a skill may not have. */
export async function readSkillArchive(bytes: Uint8Array): Promise<ArchivedSkill> {
  const zip = openZip(bytes, MAX_ENTRIES);
  if (!zip.ok) throw new SkillRefused(`The archive can not be used: ${zip.why}.`);
  const found = new SkillFiles();
  for (const entry of zip.entries) await take(entry, found);
  const { top, files } = withoutTopFolder(found.files);
  checkPaths(files);
  return { top, files, leftOut: found.leftOut };
}

async function take(entry: ZipEntry, found: SkillFiles): Promise<void> {
  const { path, kind, size, executable } = entry;
  found.count();
  if (kind === 'link') throw new SkillRefused(`${path} is a link; only plain files are taken.`);
  if (kind === 'other') {
    throw new SkillRefused(`${path} is a pipe, socket or device; only plain files are taken.`);
  }
  if (isLeftOut(path)) {
    found.leftOut.push(path);
  } else if (!path.endsWith('/')) {
    if (kind === 'folder') throw new SkillRefused(`${path} is a folder and a file.`);
    if (entry.obstacle !== null) throw new SkillRefused(`${path} ${entry.obstacle}.`);
    found.fits(size);
    const bytes = await entry.read();
    if (bytes === null) throw new SkillRefused(`${path} is damaged.`);
    found.add({ path, bytes, executable });
  }
}

/** Many archives hold one folder, and the skill in it. */
function withoutTopFolder(files: SkillFile[]): Pick<ArchivedSkill, 'top' | 'files'> {
  const paths = files.map(({ path }) => path);
  const [top = ''] = (paths[0] ?? '').split('/');
  const isInFolder =
    !paths.includes('SKILL.md') &&
    paths.includes(`${top}/SKILL.md`) &&
    paths.every((path) => path.startsWith(`${top}/`));
  if (!isInFolder) return { top: null, files };
  return { top, files: files.map((file) => ({ ...file, path: file.path.slice(top.length + 1) })) };
}
