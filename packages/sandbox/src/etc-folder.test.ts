import { existsSync, statSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundOfEtc, etcFolder } from './etc-folder.ts';

let root: string;
let runtime: string;
let etc: string;
let umask: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tinyfat-etc-'));
  runtime = join(root, 'runtime');
  etc = join(root, 'etc');
  for (const folder of [runtime, etc]) await mkdir(folder);
  umask = process.umask(0o077);
});
afterEach(async () => {
  process.umask(umask);
  await rm(root, { recursive: true, force: true });
});

const owner = { uid: 4242, gid: 4243 };
const put = async (path: string, text: string) => {
  process.umask(0o022);
  await mkdir(join(etc, path, '..'), { recursive: true });
  await writeFile(join(etc, path), text);
  process.umask(0o077);
};
const all = async (folder: string) => (await readdir(folder, { recursive: true })).sort();

it('it is readable by the user inside, whatever our umask', async () => {
  await put('fonts/conf.d/10-a.conf', 'a');
  const folder = etcFolder(runtime, owner, etc)();
  expect(statSync(folder).mode & 0o777).toBe(0o755);
  for (const name of await all(folder)) {
    const found = statSync(join(folder, name));
    expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o755 : 0o644]);
  }
  expect(await readFile(join(folder, 'passwd'), 'utf8')).toBe('agent:x:4242:4243:agent:/data:/bin/bash\n');
});

it('it holds the host’s files of the list, by pattern too, and its own', async () => {
  await put('ImageMagick-6/policy.xml', 'policy');
  await put('java-17-openjdk/security/java.security', 'java');
  await put('mime.types', 'types');
  await put('unknown.conf', 'x');
  await symlink('/usr/share/zoneinfo/Europe/Paris', join(etc, 'localtime'));
  const folder = etcFolder(runtime, owner, etc)();
  expect(await all(folder)).toEqual(
    [
      ...['ImageMagick-6', 'ImageMagick-6/policy.xml', 'group', 'hosts', 'java-17-openjdk'],
      ...['java-17-openjdk/security', 'java-17-openjdk/security/java.security', 'localtime'],
      ...['mime.types', 'nsswitch.conf', 'passwd'],
    ].sort(),
  );
  expect(await readFile(join(folder, 'ImageMagick-6/policy.xml'), 'utf8')).toBe('policy');
  expect(await readlink(join(folder, 'localtime'))).toBe('/usr/share/zoneinfo/Europe/Paris');
});

it('its own files win over the host’s', async () => {
  await put('chromium.d/zz-in-sandbox', 'theirs');
  const folder = etcFolder(runtime, owner, etc)();
  expect(await readFile(join(folder, 'chromium.d/zz-in-sandbox'), 'utf8')).toContain('--no-sandbox');
});

it('nothing is written through a link of the host’s', async () => {
  await symlink('/usr/share', join(etc, 'chromium.d'));
  await symlink('/usr/share', join(etc, 'alternatives'));
  const folder = etcFolder(runtime, owner, etc)();
  expect(await readlink(join(folder, 'chromium.d'))).toBe('/usr/share');
  expect(existsSync('/usr/share/zz-in-sandbox')).toBe(false);
  expect(boundOfEtc(etc)).toEqual([]);
});

it('a package that is installed, changed or removed is seen by the next run', async () => {
  await put('mime.types', 'old');
  await put('fonts/fonts.conf', 'fonts');
  const current = etcFolder(runtime, owner, etc);
  await put('papersize', 'a4');
  await put('mime.types.new', 'new');
  await rename(join(etc, 'mime.types.new'), join(etc, 'mime.types'));
  const folder = current();
  expect(await readFile(join(folder, 'mime.types'), 'utf8')).toBe('new');
  expect(await readFile(join(folder, 'papersize'), 'utf8')).toBe('a4');
  await put('fonts/local.conf', 'local');
  current();
  expect(await all(join(folder, 'fonts'))).toEqual(['fonts.conf', 'local.conf']);
  await rm(join(etc, 'fonts'), { recursive: true });
  current();
  expect(await readdir(folder)).not.toContain('fonts');
});

it('what an earlier start left is put right: other kinds, other files', async () => {
  await put('fonts/fonts.conf', 'fonts');
  await put('magic', 'magic');
  const folder = etcFolder(runtime, owner, etc)();
  await rm(join(folder, 'fonts'), { recursive: true });
  await symlink('/root', join(folder, 'fonts'));
  await rm(join(folder, 'magic'));
  await mkdir(join(folder, 'magic/deep'), { recursive: true });
  await writeFile(join(folder, 'shadow'), 'x');
  await writeFile(join(folder, 'hosts'), 'poisoned');
  etcFolder(runtime, owner, etc)();
  expect(await all(folder)).toEqual(
    ['fonts', 'fonts/fonts.conf', 'group', 'hosts', 'magic', 'nsswitch.conf', 'passwd'].sort(),
  );
  expect(await readFile(join(folder, 'hosts'), 'utf8')).toContain('localhost');
});

it('what has not changed stays the same file for a running sandbox, not a copy of it', async () => {
  await put('magic', 'magic');
  const current = etcFolder(runtime, owner, etc);
  const before = statSync(join(current(), 'magic')).ino;
  await put('papersize', 'a4');
  expect(statSync(join(current(), 'magic')).ino).toBe(before);
  expect(await readdir(runtime)).toEqual(['etc-4242-4243']);
});
