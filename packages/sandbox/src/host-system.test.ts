import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findProgram, makeEtcFolder, systemProgramFolders } from './host-system.ts';

let runtimeFolder: string;
let umask: number;
beforeEach(async () => {
  runtimeFolder = await mkdtemp(join(tmpdir(), 'tinyfat-etc-'));
  umask = process.umask(0o077);
});
afterEach(async () => {
  process.umask(umask);
  await rm(runtimeFolder, { recursive: true, force: true });
});

it('/etc is readable by the user inside, whatever our umask', async () => {
  const folder = makeEtcFolder(runtimeFolder, 4242, 4243);
  expect(statSync(folder).mode & 0o777).toBe(0o755);
  for (const name of await readdir(folder, { recursive: true })) {
    const { mode } = statSync(join(folder, name));
    expect([name, mode & 0o055]).toEqual([name, statSync(join(folder, name)).isDirectory() ? 0o055 : 0o044]);
  }
  expect(await readFile(join(folder, 'passwd'), 'utf8')).toBe('agent:x:4242:4243:agent:/data:/bin/bash\n');
});

it('/etc can be made again, and holds no unfinished file', async () => {
  makeEtcFolder(runtimeFolder, 4242, 4242);
  const folder = makeEtcFolder(runtimeFolder, 4242, 4242);
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
});

it('programs are found in the system’s folders only', () => {
  expect(findProgram('sh', systemProgramFolders)).toMatch(/\/sh$/);
  expect(findProgram('no-such-program', systemProgramFolders)).toBe(null);
  expect(findProgram('..', ['/usr/bin'])).toBe(null);
});
