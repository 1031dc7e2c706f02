/** Looks at files that may be gone, or not ours to see; none of these throws. */
import { accessSync, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs';

/** What the file holds (Latin-1, as the kernel's files are read); empty when it can't be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The names in a folder, sorted; none when it can't be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Of the path itself, no link followed; null for what is not there or may not be looked at. */
export function lookAt(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Whether this process may use it so (`constants.W_OK`, `constants.X_OK`). */
export function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
