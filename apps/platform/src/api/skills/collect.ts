/**
 * What the files of a skill may be, wherever they are collected. A skill is often somebody else's: only plain files are
 * taken, within the limits of the API.
 */
import * as v from 'valibot';
import { MAX_SKILL_BYTES, MAX_SKILL_FILES, skillFile } from '../routes/files.ts';

/** One file; `path` is relative to the skill, its parts separated by `/`. */
export interface SkillFile {
  path: string;
  bytes: Uint8Array;
  executable: boolean;
}

/** What was found where a skill is. */
export interface CollectedSkill {
  files: SkillFile[];
  /** Paths of hidden entries and the like, which are no part of a skill. */
  leftOut: string[];
}

/** Why a skill is not read; a sentence. */
export class SkillRefused extends Error {}

/** Entries of a folder or archive that are looked at, those that are left out included. */
export const MAX_SKILL_ENTRIES = 2000;

/** Whether a path has a part that is left out: hidden ones, and what a Mac adds to its archives. */
export function isLeftOut(path: string): boolean {
  return path.split('/').some((part) => /^\.[^.]|^\.\..|^__MACOSX$/.test(part));
}

/** Throws SkillRefused where a skill has so many files, or bytes of all of them, that the API takes none such. */
export function checkAmount({ files, bytes }: { files: number; bytes: number }): void {
  if (files > MAX_SKILL_FILES) throw new SkillRefused(`A skill has at most ${MAX_SKILL_FILES} files.`);
  if (bytes > MAX_SKILL_BYTES) throw new SkillRefused(`A skill has at most ${MAX_SKILL_BYTES} bytes.`);
}

/** Throws SkillRefused where the paths of a whole skill are not such as it may have, or SKILL.md is not among them. */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths) {
    const checked = v.safeParse(skillFile, path);
    if (!checked.success) throw new SkillRefused(`${path}: write ${checked.issues[0].message}.`);
  }
  const clash = clashOf(paths);
  if (clash !== null) throw new SkillRefused(clash);
  if (!paths.includes('SKILL.md')) throw new SkillRefused('There is no SKILL.md in it.');
}

/** Why these paths can't all be in one folder on every file system, as a sentence; null where they can. */
export function clashOf(paths: readonly string[]): string | null {
  const folded = new Map<string, string>();
  for (const path of paths) {
    const twin = folded.get(path.toLowerCase());
    if (twin === path) return `${path} stands twice.`;
    if (twin !== undefined) return `${twin} and ${path} differ only in case.`;
    folded.set(path.toLowerCase(), path);
  }
  for (const path of paths) {
    const parts = path.toLowerCase().split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const above = folded.get(parts.slice(0, depth).join('/'));
      if (above !== undefined) return `${above} is a file and a folder.`;
    }
  }
  return null;
}
