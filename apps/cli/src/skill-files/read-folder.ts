/** A skill from a folder of this machine. */
import { lstatSync, opendirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkPaths, isLeftOut, SkillFiles, SkillRefused } from '@tinyfat/platform';
import { kindOf, readPlainFile } from './read-file.ts';
import type { Skill } from './read-skill.ts';

/** Reads all files of a folder but hidden ones; its name is that of the folder. Throws SkillRefused for links, devices and what is too much. */
export function readFolder(folder: string): Skill {
  const found = new SkillFiles();
  walk(folder, '', found);
  checkPaths(found.files);
  return { name: basename(resolve(folder)), files: found.files, leftOut: found.leftOut };
}

function walk(folder: string, below: string, found: SkillFiles): void {
  for (const name of namesIn(join(folder, below), found)) {
    const path = `${below}${name}`;
    const whole = join(folder, path);
    const stats = lstatSync(whole);
    if (isLeftOut(name)) {
      found.leftOut.push(path);
    } else if (stats.isDirectory()) {
      walk(folder, `${path}/`, found);
    } else if (stats.isFile()) {
      const { bytes, stats: opened } = readPlainFile(whole, path, found.bytesLeft);
      found.add({ path, bytes, executable: (opened.mode & 0o111) !== 0 });
    } else {
      throw new SkillRefused(`${path} is ${kindOf(stats)}; only plain files are taken.`);
    }
  }
}

/** In order of their names. */
function namesIn(folder: string, found: SkillFiles): string[] {
  const names: string[] = [];
  const opened = opendirSync(folder);
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync()) {
      found.count();
      names.push(entry.name);
    }
  } finally {
    opened.closeSync();
  }
  return names.sort();
}
