/** A skill from a folder of this machine. */
import { lstatSync, opendirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  checkAmount,
  checkPaths,
  fileRoutes,
  isLeftOut,
  MAX_SKILL_ENTRIES,
  type SkillFile,
  SkillRefused,
} from '@tinyfat/platform';
import { kindOf, readPlainFile } from './read-file.ts';
import type { Skill } from './read-skill.ts';

/** What was found so far. */
interface Found {
  files: SkillFile[];
  leftOut: string[];
  bytes: number;
  /** Also of what is left out. */
  entries: number;
}

/** Reads all files of a folder but hidden ones; its name is that of the folder. Throws SkillRefused for links, devices and what is too much. */
export function readFolder(folder: string): Skill {
  const found: Found = { files: [], leftOut: [], bytes: 0, entries: 0 };
  walk(folder, '', found);
  checkPaths(found.files.map(({ path }) => path));
  return { name: basename(resolve(folder)), files: found.files, leftOut: found.leftOut };
}

function walk(folder: string, below: string, found: Found): void {
  for (const name of namesIn(join(folder, below), found)) {
    const path = `${below}${name}`;
    const whole = join(folder, path);
    const stats = lstatSync(whole);
    if (isLeftOut(name)) {
      found.leftOut.push(path);
    } else if (stats.isDirectory()) {
      walk(folder, `${path}/`, found);
    } else if (stats.isFile()) {
      checkAmount({ files: found.files.length + 1, bytes: found.bytes });
      const { bytes, stats: opened } = readPlainFile(whole, path, fileRoutes.MAX_SKILL_BYTES - found.bytes);
      found.files.push({ path, bytes, executable: (opened.mode & 0o111) !== 0 });
      found.bytes += bytes.length;
    } else {
      throw new SkillRefused(`${path} is ${kindOf(stats)}; only plain files are taken.`);
    }
  }
}

/** In order of their names. */
function namesIn(folder: string, found: Found): string[] {
  const names: string[] = [];
  const opened = opendirSync(folder);
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
      if (++found.entries > MAX_SKILL_ENTRIES) {
        throw new SkillRefused(`It has more than ${MAX_SKILL_ENTRIES} entries.`);
      }
      names.push(entry.name);
    }
  } finally {
    opened.closeSync();
  }
  return names.sort();
}
