/**
 * A skill from a zip archive, which anybody may have made. Nothing is written to disk. Declared sizes are only limits: an
 * entry that inflates to more ends the reading (yauzl checks that).
 */
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import {
  checkPaths,
  isLeftOut,
  MAX_ENTRIES,
  type Skill,
  type SkillFile,
  SkillFiles,
  SkillRefused,
} from './collect.ts';
import { readPlainFile } from './read-file.ts';

const MAX_ARCHIVE_BYTES = 32 * 1024 * 1024;
/** Systems whose archives carry modes of files (APPNOTE 4.4.2): Unix, and that of a Mac. */
const WITH_MODES = new Set([3, 19]);
const TYPE = 0o170000;
const FILE = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;

/**
 * Reads all files of an archive but hidden ones; its name is that of the one folder in it, else of the archive. Throws
 * SkillRefused for anything that a skill may not have.
 */
export async function readZip(file: string): Promise<Skill> {
  const { bytes } = readPlainFile(file, basename(file), MAX_ARCHIVE_BYTES, true);
  const found = new SkillFiles();
  try {
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
      strictFileNames: true,
    });
    if (zip.entryCount > MAX_ENTRIES) throw new SkillRefused(`It has more than ${MAX_ENTRIES} entries.`);
    for await (const entry of zip.eachEntry()) await take(zip, entry, found);
  } catch (error) {
    if (error instanceof SkillRefused) throw error;
    throw new SkillRefused(`The archive can not be used: ${error instanceof Error ? error.message : error}.`);
  }
  const { top, files } = withoutTopFolder(found.files);
  checkPaths(files);
  const name = top ?? basename(file).replace(/\.zip$/i, '');
  return { name, files, leftOut: found.leftOut };
}

async function take(zip: ZipFile, entry: Entry, found: SkillFiles): Promise<void> {
  found.count();
  const path = entry.fileName;
  const mode = WITH_MODES.has(entry.versionMadeBy >> 8) ? entry.externalFileAttributes >>> 16 : 0;
  const type = mode & TYPE;
  if (type === LINK) throw new SkillRefused(`${path} is a link; only plain files are taken.`);
  if (type !== 0 && type !== FILE && type !== FOLDER) {
    throw new SkillRefused(`${path} is a pipe, socket or device; only plain files are taken.`);
  }
  if (isLeftOut(path)) {
    found.leftOut.push(path);
  } else if (!path.endsWith('/')) {
    if (type === FOLDER) throw new SkillRefused(`${path} is a folder and a file.`);
    if (entry.isEncrypted()) throw new SkillRefused(`${path} needs a password.`);
    found.fits(entry.uncompressedSize);
    const bytes = await inflated(zip, entry);
    if (crc32(bytes) !== entry.crc32) throw new SkillRefused(`${path} is damaged.`);
    found.add({ path, bytes, executable: (mode & 0o111) !== 0 });
  }
}

async function inflated(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  const stream = await zip.openReadStreamPromise(entry);
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Many archives hold one folder, and the skill in it. `top` is its name; undefined where there is none. */
function withoutTopFolder(files: SkillFile[]): { top?: string; files: SkillFile[] } {
  const paths = files.map(({ path }) => path);
  if (paths.includes('SKILL.md')) return { files };
  const [top = ''] = (paths[0] ?? '').split('/');
  if (!paths.includes(`${top}/SKILL.md`) || !paths.every((path) => path.startsWith(`${top}/`)))
    return { files };
  return { top, files: files.map((file) => ({ ...file, path: file.path.slice(top.length + 1) })) };
}
