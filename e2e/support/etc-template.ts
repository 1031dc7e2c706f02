/**
 * The copy of /etc that sandboxes see: made once for all data folders of the tests, which get hard links to its files.
 * To make some hundred files costs a server a third of a second. It looks at each of them at its start, and replaces
 * what differs by a new file, so nothing is shared that changes.
 */
import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap } from '@tinyfat/sandbox';

/** Name of the variable that holds the path of the folder that the copy is in. */
const VARIABLE = 'TINYFAT_E2E_ETC';

/** Before the first test of e2e. On a machine without sandboxes there is no copy, and servers say why. */
export default async function makeEtcTemplate(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-e2e-etc-'));
  await bubblewrap({ nodeBinary: process.execPath, runtimeFolder: folder }).probe();
  process.env[VARIABLE] = folder;
  return () => rm(folder, { recursive: true });
}

/** Puts the copy where a server of this user on the data folder will look for it. */
export function shareEtc(dataDir: string): void {
  const folder = process.env[VARIABLE];
  if (folder === undefined) return;
  const runtimeFolder = join(dataDir, 'run', 'sandbox');
  mkdirSync(runtimeFolder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (name.startsWith('etc-')) link(folder, runtimeFolder, name);
}

function link(from: string, to: string, name: string): void {
  mkdirSync(join(to, name));
  for (const entry of readdirSync(join(from, name), { withFileTypes: true })) {
    const path = join(name, entry.name);
    if (entry.isDirectory()) link(from, to, path);
    else linkSync(join(from, path), join(to, path));
  }
}
