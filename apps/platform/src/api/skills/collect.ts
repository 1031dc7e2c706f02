/**
 * Collects the files of a skill for the API, from wherever they are. A skill is often somebody else's: only plain files are taken, within the limits
 * of the API.
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
export const MAX_ENTRIES = 2000;

/** Whether a path has a part that is left out: hidden ones, and what a Mac adds to its archives. */
export function isLeftOut(path: string): boolean {
  return path.split('/').some((part) => /^\.[^.]|^\.\..|^__MACOSX$/.test(part));
}

/** Collects files; throws SkillRefused where they are too many or too large. */
export class SkillFiles {
  readonly files: SkillFile[] = [];
  readonly leftOut: string[] = [];
  #bytes = 0;
  #entries = 0;

  /** Bytes that may still be added. */
  get bytesLeft(): number {
    return MAX_SKILL_BYTES - this.#bytes;
  }

  /** Counts an entry, also one that is left out. */
  count(): void {
    if (++this.#entries > MAX_ENTRIES) throw new SkillRefused(`It has more than ${MAX_ENTRIES} entries.`);
  }

  add(file: SkillFile): void {
    this.fits(file.bytes.length);
    this.files.push(file);
    this.#bytes += file.bytes.length;
  }

  /** Throws where a further file of so many bytes is too much. */
  fits(bytes: number): void {
    if (this.files.length >= MAX_SKILL_FILES) {
      throw new SkillRefused(`A skill has at most ${MAX_SKILL_FILES} files.`);
    }
    if (bytes > this.bytesLeft) {
      throw new SkillRefused(`A skill has at most ${MAX_SKILL_BYTES} bytes.`);
    }
  }
}

/** Throws SkillRefused where the paths of a whole skill are not such as it may have, or SKILL.md is not among them. */
export function checkPaths(files: readonly SkillFile[]): void {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const checked = v.safeParse(skillFile, path);
    if (!checked.success) throw new SkillRefused(`${path}: write ${checked.issues[0].message}.`);
    const twin = seen.get(path.toLowerCase());
    if (twin === path) throw new SkillRefused(`${path} stands twice in it.`);
    if (twin !== undefined) throw new SkillRefused(`${twin} and ${path} differ only in case.`);
    seen.set(path.toLowerCase(), path);
  }
  if (seen.get('skill.md') !== 'SKILL.md') throw new SkillRefused('There is no SKILL.md in it.');
}
