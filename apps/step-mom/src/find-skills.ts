/**
 * Finds the agent's own skills. The agent can have put anything below its folder, as much of it as there is room for,
 * so the walk follows no link and ends at fixed numbers; it names what it leaves out.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, readPlainFile } from './plain-file.ts';

const LIMITS = {
  /** Entries that are looked at, on all levels. */
  entries: 5000,
  /** Levels of folders below the folder of skills. */
  depth: 6,
  skills: 100,
  /** One SKILL.md, bytes. */
  fileBytes: 1_000_000,
  /** Its front matter, which is parsed as YAML, bytes. */
  headBytes: 16_000,
};

/** What was found: paths of skills' files, and a sentence for each thing that was left out. */
interface FoundSkills {
  files: string[];
  leftOut: string[];
}

/**
 * Looks for `SKILL.md` in the folder and below it, and for other `.md` files directly in it. A folder with a SKILL.md is
 * one skill, and is not looked into; names that begin with a dot, and `node_modules`, are passed over. Never throws.
 *
 * @param shown - the folder as the agent knows it
 */
export function findSkills(folder: string, shown: string): FoundSkills {
  const found: FoundSkills = { files: [], leftOut: [] };
  const left = { entries: LIMITS.entries };
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return found;
  walk({ path: folder, shown, depth: 0 }, found, left);
  if (left.entries === 0) found.leftOut.push(`${shown} has more than ${LIMITS.entries} entries; the rest`);
  return { files: found.files, leftOut: found.leftOut.map((what) => `${what} was left out.`) };
}

interface Folder {
  path: string;
  shown: string;
  depth: number;
}

function walk({ path, shown, depth }: Folder, found: FoundSkills, left: { entries: number }): void {
  const isSkill = take(join(path, 'SKILL.md'), `${shown}/SKILL.md`, found);
  // One that can't be used in the folder of all skills hides no other.
  if (isSkill && (depth > 0 || found.files.length > 0)) return;
  const names = namesIn(path, left.entries).sort();
  left.entries -= names.length;
  for (const name of names) {
    if (name.startsWith('.') || name === 'node_modules') continue;
    const entry = { path: join(path, name), shown: `${shown}/${printable(name)}`, depth: depth + 1 };
    const stats = lstatSync(entry.path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      if (depth < LIMITS.depth) walk(entry, found, left);
      else found.leftOut.push(`${entry.shown}, nested deeper than ${LIMITS.depth} folders,`);
    } else if (stats?.isSymbolicLink() && name !== 'SKILL.md') {
      found.leftOut.push(`${entry.shown}, a link,`);
    } else if (stats === undefined) {
      found.leftOut.push(`${entry.shown}, whose name is not UTF-8,`);
    } else if (depth === 0 && name.endsWith('.md') && name !== 'SKILL.md') {
      take(entry.path, entry.shown, found);
    }
  }
}

/** Whether something of that name is there; a usable one is added to the files, another to what is left out. */
function take(path: string, shown: string, found: FoundSkills): boolean {
  const file = readPlainFile(path, LIMITS.headBytes);
  if (!file.ok) {
    if (!file.missing) found.leftOut.push(`${shown} ${file.reason} and`);
    return !file.missing;
  }
  const head = file.bytes.toString('utf8');
  if (file.size > LIMITS.fileBytes) {
    found.leftOut.push(`${shown} has ${file.size} bytes, more than ${LIMITS.fileBytes}, and`);
  } else if (file.size > LIMITS.headBytes && head.startsWith('---') && !head.includes('\n---', 3)) {
    found.leftOut.push(`${shown} has a front matter of more than ${LIMITS.headBytes} bytes and`);
  } else if (found.files.length >= LIMITS.skills) {
    found.leftOut.push(`${shown}, one of more than ${LIMITS.skills} skills,`);
  } else {
    found.files.push(path);
  }
  return true;
}

/** A name that the agent gave, as part of a sentence. */
function printable(name: string): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, 80);
}
